"""Runs a transformer's ONNX graph, one paper at a time on every processor.

On a CPU that is the fastest batch there is: nothing is padded, a paper's activations stay in the cache, and memory is
that of one paper per processor, however many threads ask. On two cores and papers of 128 tokens it gave 125 a second in
int8 where batches of 32 alike in length gave 94, and 55 against 42 in float32. It also makes a paper's row independent
of its neighbours, with which it would share an int8 scale.
"""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.transformer import processors
from adapters.classifiers.transformer.onnx.graph import LENGTHS, PROBABILITIES, TOKENS
from adapters.classifiers.transformer.onnx.unsigned_weights import saturates, with_unsigned_weights
from adapters.classifiers.transformer.tokenizing import PaperTokenizer, Readings, Tokens
from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.errors import CorruptModelError

_logger = logging.getLogger(__name__)
# A tokenizer keeps some 100 bytes a token until a part is read, so long papers are read few at a time.
_PAPERS_READ_AT_ONCE = 1024
_CHARACTERS_READ_AT_ONCE = 200_000


class OnnxRuntime:
    """A graph from tokens and lengths to probabilities and vectors, one row per paper."""

    def __init__(self, model: Path | bytes, tokenizer: PaperTokenizer) -> None:
        self._session = _session(model)
        self._tokenizer = tokenizer
        self._told = False
        self._widths = {output.name: _width(output) for output in self._session.get_outputs()}

    @property
    def tokenizer(self) -> PaperTokenizer:
        """What papers are read with."""
        return self._tokenizer

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what the graph gives."""
        return tuple(self._widths)

    def width(self, output: str) -> int:
        """The number of columns of an output, 0 where the graph does not give it, or not as rows of float32."""
        return int(self._widths.get(output, 0))

    def run(self, abstracts: Sequence[Abstract], output: str, *, checkpoint: Checkpoint = go_on) -> NDArray[np.float32]:
        """The rows of one output for all abstracts, in the order given.

        `checkpoint` is called before some papers are read, and before each that is run; where it raises, no paper that
        waits for a processor is run.
        """
        rows = np.empty((len(abstracts), self.width(output)), dtype=np.float32)
        for start, end in _parts(abstracts):
            checkpoint()
            part = abstracts[start:end]
            readings = self._tokenizer.readings(part)
            self._tell_of_truncation(readings.tokens, len(part))
            found = np.empty((len(readings.tokens), rows.shape[1]), np.float32)
            self.run_tokens(readings.tokens, output, found, checkpoint=checkpoint)
            _average(found, readings, logits=output == PROBABILITIES)
            rows[start:end] = found[: len(part)]
        return rows

    def _tell_of_truncation(self, tokens: Tokens, papers: int) -> None:
        """Says once that there are papers longer than what is read of them."""
        if tokens.truncated and not self._told:
            self._told = True
            _logger.warning(
                "Some papers have more than %d tokens (here %d of %d); what is beyond is not read.",
                self._tokenizer.most, tokens.truncated, papers,
                extra={
                    "event": "texts_truncated", "truncated": tokens.truncated, "papers": papers,
                    "tokens": self._tokenizer.most,
                },
            )  # fmt: skip

    def run_tokens(
        self, tokens: Tokens, output: str, rows: NDArray[np.float32], *, checkpoint: Checkpoint = go_on
    ) -> None:
        """Fills `rows` with one output for papers that were read already; papers of the same tokens run once."""
        first_of: dict[bytes, int] = {}
        firsts = [
            first_of.setdefault(tokens.ids[tokens.offsets[paper] : tokens.offsets[paper + 1]].tobytes(), paper)
            for paper in range(len(tokens))
        ]
        # The longest first: a long one that began last would keep one processor waiting for the other.
        lengths = tokens.lengths()
        papers = sorted(first_of.values(), key=lambda paper: -lengths[paper])
        # ONNX Runtime computes without Python's lock.
        found = processors.spread(lambda paper: self._row(tokens, paper, output), papers)
        with closing(found):
            for paper in papers:
                checkpoint()
                rows[paper] = next(found)
        rows[:] = rows[firsts]

    def try_tokens(self, ids: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
        """What the graph gives for one paper, by the names of its outputs; its errors are ONNX Runtime's own."""
        names = list(self._widths)
        return dict(zip(names, self._session.run(names, _fed(ids[None])), strict=True))

    def _row(self, tokens: Tokens, paper: int, output: str) -> NDArray[np.float32]:
        ids = tokens.ids[None, tokens.offsets[paper] : tokens.offsets[paper + 1]]
        row: NDArray[np.float32] = self._session.run([output], _fed(ids))[0][0]
        return row


def _fed(ids: NDArray[np.int32]) -> dict[str, NDArray[np.int32]]:
    return {TOKENS: ids, LENGTHS: np.array([ids.shape[1]], dtype=np.int32)}


def _width(output: Any) -> int:
    width = output.shape[1] if len(output.shape) == 2 and output.type == "tensor(float)" else None
    return width if isinstance(width, int) else 0


def _parts(abstracts: Sequence[Abstract]) -> Iterator[tuple[int, int]]:
    """Where parts of at most 1,024 papers and, of several papers, some 200,000 characters start and end."""
    start = characters = 0
    for number, abstract in enumerate(abstracts):
        size = abstract.characters
        full = number - start >= _PAPERS_READ_AT_ONCE or characters + size > _CHARACTERS_READ_AT_ONCE
        if number > start and full:
            yield start, number
            start, characters = number, 0
        characters += size
    if abstracts:
        yield start, len(abstracts)


def _average(rows: NDArray[np.float32], readings: Readings, *, logits: bool) -> None:
    """Gives each paper of which the end was read too, in place, the mean of both rows, or of their logits."""
    if not len(readings.ends):
        return
    beginnings, ends = rows[readings.ends], rows[-len(readings.ends) :]
    if not logits:
        rows[readings.ends] = (beginnings + ends) / 2
        return
    # The logit of both is half the sum of log p / (1 - p), so the odds are the geometric mean.
    odds = np.sqrt(_odds(beginnings) * _odds(ends))
    rows[readings.ends] = odds / (1 + odds)


def _odds(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    held = np.clip(probabilities, np.float32(1e-7), np.float32(1 - 1e-7))
    odds: NDArray[np.float32] = held / (1 - held)
    return odds


def _session(model: Path | bytes) -> Any:
    # Its official builds send Microsoft what runs where; once imported it is too late to say no.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it keeps the longest paper's memory for good; without it speed is the same
    try:
        return onnxruntime.InferenceSession(_content(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors share no public base
        name = "The ONNX graph" if isinstance(model, bytes) else str(model)
        raise CorruptModelError(
            f"{name} cannot be read ({str(error).splitlines()[0]}). Restore or retrain the model."
        ) from error


def _content(model: Path | bytes) -> bytes | str:
    if saturates():
        return with_unsigned_weights(model.read_bytes() if isinstance(model, Path) else model)
    return model if isinstance(model, bytes) else str(model)
