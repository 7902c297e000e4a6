"""The vectors of a frozen encoder, made once and kept."""

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from adapters.classifiers.transformer.checkpoints.checkpoint import Checkpoint
from adapters.classifiers.transformer.onnx.graph import VECTORS, write_onnx
from adapters.classifiers.transformer.onnx.runtime import OnnxRuntime
from adapters.classifiers.transformer.options import TransformerOptions
from adapters.classifiers.transformer.tokenizing import Tokens, open_tokenizer
from adapters.files.whole import whole_path
from domain.log_events import log_event

_PAPERS_AT_ONCE = 1024
_logger = logging.getLogger(__name__)


def embed_tokens(
    checkpoint: Checkpoint, options: TransformerOptions, tokens: Tokens, cache: Path
) -> NDArray[np.float32]:
    """Returns vectors (papers, hidden_size) of a checkpoint's encoder, in the precision that will be served.

    `cache` is filled block by block. NaN marks missing blocks, so that a killed run can continue.
    """
    shape = (len(tokens), checkpoint.config.hidden_size)
    if cache.is_file():
        vectors = open_memmap(cache, mode="r+")
    else:
        cache.parent.mkdir(parents=True, exist_ok=True)
        with whole_path(cache) as partial:
            vectors = open_memmap(partial, mode="w+", dtype=np.float32, shape=shape)
            vectors[:] = np.nan
            vectors.flush()
    missing = [start for start in range(0, len(tokens), _PAPERS_AT_ONCE) if np.isnan(vectors[start, 0])]
    if missing:
        _fill(vectors, missing, _runtime(checkpoint, options), tokens)
    return np.asarray(vectors)


def head_probabilities(tensors: Mapping[str, NDArray[np.float32]], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns raw probabilities (papers, categories) for vectors (papers, hidden_size), equal to the graph's."""
    hidden = vectors
    if "head.hidden.weight" in tensors:
        hidden = np.maximum(hidden @ tensors["head.hidden.weight"].T + tensors["head.hidden.bias"], np.float32(0))
    logits = hidden @ tensors["head.logits.weight"].T + tensors["head.logits.bias"]
    probabilities: NDArray[np.float32] = np.float32(1) / (np.float32(1) + np.exp(-np.maximum(logits, np.float32(-60))))
    return probabilities


def _fill(vectors: NDArray[np.float32], starts: list[int], runtime: OnnxRuntime, tokens: Tokens) -> None:
    for number, start in enumerate(starts):
        part = tokens.part(start, min(start + _PAPERS_AT_ONCE, len(tokens)))
        rows = np.empty((len(part), vectors.shape[1]), np.float32)
        runtime.run_tokens(part, VECTORS, rows)
        # The first row marks the block as done, so it is written last.
        vectors[start + 1 : start + len(part)] = rows[1:]
        vectors[start] = rows[0]
        if number % 10 == 0:
            done = start + len(part)
            log_event(
                _logger,
                "papers_embedded",
                f"{done:,} of {len(tokens):,} papers embedded",
                done=done,
                papers=len(tokens),
            )


def _runtime(checkpoint: Checkpoint, options: TransformerOptions) -> OnnxRuntime:
    reading = options.reading
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "encoder.onnx"
        int8 = options.weights == "int8"
        write_onnx(path, checkpoint.tensors, checkpoint.config, pooling=reading.pooling, int8=int8)
        return OnnxRuntime(path.read_bytes(), open_tokenizer(checkpoint.folder, reading))
