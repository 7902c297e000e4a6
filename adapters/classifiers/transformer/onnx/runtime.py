"""Runs a transformer's ONNX graph, one paper at a time on every processor.

On a CPU single papers are the fastest batches. Nothing is padded, a paper's activations stay in the cache, and memory
is that of one paper per processor for any number of threads. On two cores and papers of 128 tokens, int8 gave 125
papers a second against 94 in batches of 32 of similar length, and float32 55 against 42. It also makes a paper's row
independent of other papers, with which it would share an int8 scale.
"""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
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
from domain.log_events import log_event

_logger = logging.getLogger(__name__)
# A tokenizer keeps about 100 bytes per token until a part is read, so only a few long papers are read at once.
_PAPERS_READ_AT_ONCE = 1024
_CHARACTERS_READ_AT_ONCE = 200_000
OnRead = Callable[[int, Tokens], None]


class OnnxRuntime:
    """A graph from tokens and lengths to probabilities and vectors, one row per paper."""

    def __init__(self, model: Path | bytes, tokenizer: PaperTokenizer) -> None:
        self._session = _session(model)
        self._tokenizer = tokenizer
        self._told = False
        self._widths = {output.name: _width(output) for output in self._session.get_outputs()}

    @property
    def tokenizer(self) -> PaperTokenizer:
        """The tokenizer that reads papers."""
        return self._tokenizer

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the graph's outputs."""
        return tuple(self._widths)

    def width(self, output: str) -> int:
        """Returns the number of columns of an output, or 0 if the graph lacks it or it is not rows of float32."""
        return int(self._widths.get(output, 0))

    def run(
        self,
        abstracts: Sequence[Abstract],
        output: str,
        *,
        checkpoint: Checkpoint = go_on,
        on_read: OnRead = lambda start, tokens: None,
    ) -> NDArray[np.float32]:
        """Returns the rows of one output for all abstracts, in the order given.

        `checkpoint` is called before a part of the papers is tokenised and before each paper runs. If it raises, papers
        that wait for a processor do not run. `on_read` gets the row of each part's first paper and the tokens that its
        papers begin with.
        """
        rows = np.empty((len(abstracts), self.width(output)), dtype=np.float32)
        for start, end in _parts(abstracts):
            checkpoint()
            part = abstracts[start:end]
            readings = self._tokenizer.readings(part)
            self._tell_of_truncation(readings.tokens, len(part))
            on_read(start, readings.tokens.part(0, len(part)))
            found = np.empty((len(readings.tokens), rows.shape[1]), np.float32)
            self.run_tokens(readings.tokens, output, found, checkpoint=checkpoint)
            _average(found, readings, logits=output == PROBABILITIES)
            rows[start:end] = found[: len(part)]
        return rows

    def _tell_of_truncation(self, tokens: Tokens, papers: int) -> None:
        """Logs once that some papers are longer than the part that is read."""
        if tokens.truncated and not self._told:
            self._told = True
            log_event(
                _logger,
                "texts_truncated",
                f"Some papers have more than {self._tokenizer.most} tokens (here {tokens.truncated} of "
                f"{papers}). The rest of them is not read.",
                level=logging.WARNING,
                truncated=tokens.truncated,
                papers=papers,
                tokens=self._tokenizer.most,
            )

    def run_tokens(
        self, tokens: Tokens, output: str, rows: NDArray[np.float32], *, checkpoint: Checkpoint = go_on
    ) -> None:
        """Fills `rows` with one output for tokenised papers. Papers with equal tokens run once."""
        first_of: dict[bytes, int] = {}
        firsts = [
            first_of.setdefault(tokens.ids[tokens.offsets[paper] : tokens.offsets[paper + 1]].tobytes(), paper)
            for paper in range(len(tokens))
        ]
        # The longest first, so that no processor is idle while a long paper runs last.
        lengths = tokens.lengths()
        papers = sorted(first_of.values(), key=lambda paper: -lengths[paper])
        # ONNX Runtime releases the GIL.
        found = processors.spread(lambda paper: self._row(tokens, paper, output), papers)
        with closing(found):
            for paper in papers:
                checkpoint()
                rows[paper] = next(found)
        rows[:] = rows[firsts]

    def try_tokens(self, ids: NDArray[np.int32]) -> dict[str, NDArray[Any]]:
        """Returns all outputs for one paper by name. Passes on the errors of ONNX Runtime."""
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
    """Yields start and end of parts with at most 1,024 papers and, for several papers, about 200,000 characters."""
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
    """Replaces the row of each paper whose end was also read by the mean of both rows, or of their logits, in place."""
    if not len(readings.ends):
        return
    beginnings, ends = rows[readings.ends], rows[-len(readings.ends) :]
    if not logits:
        rows[readings.ends] = (beginnings + ends) / 2
        return
    # The mean of the logits log(p / (1 - p)) belongs to the geometric mean of the odds.
    odds = np.sqrt(_odds(beginnings) * _odds(ends))
    rows[readings.ends] = odds / (1 + odds)


def _odds(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    held = np.clip(probabilities, np.float32(1e-7), np.float32(1 - 1e-7))
    odds: NDArray[np.float32] = held / (1 - held)
    return odds


def _session(model: Path | bytes) -> Any:
    # Official builds send telemetry to Microsoft unless this is set before the import.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # would keep the longest paper's memory and gains no speed
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
