"""Tests a transformer when it is loaded, so that errors do not wait for the first paper."""

from collections.abc import Sequence

import numpy as np

from adapters.classifiers.transformer.onnx.graph import PROBABILITIES, VECTORS
from adapters.classifiers.transformer.onnx.runtime import OnnxRuntime
from domain.abstract import Abstract

_LONGEST = 4096
_LARGEST_NUMBER = 2**31 - 1
# A symbol outside every vocabulary, a piece longer than WordPiece reads, and a plain word.
_PAPER = Abstract("\u2603 " + "x" * 300 + " star", "A title")


def check_runs(runtime: OnnxRuntime, *, classifies: bool) -> None:
    """Raises ValueError unless graph and tokenizer fit each other and the length that is read.

    It runs the shortest possible paper, and one of full length with tokens from the whole vocabulary.
    """
    _check_outputs(runtime, classifies=classifies)
    tokenizer = runtime.tokenizer
    if tokenizer.longest > _LONGEST:
        raise ValueError(f"max_length is {tokenizer.longest:,}; at most {_LONGEST:,} tokens can be read")
    numbers = tokenizer.numbers()
    highest = int(numbers.max())
    if highest > _LARGEST_NUMBER:
        raise ValueError(f"the tokenizer numbers a token {highest:,}; the graph takes numbers of 32 bits")
    read = tokenizer.readings([_PAPER]).tokens.ids
    _try(runtime, read[:1], "one token")
    spread = np.linspace(0, len(numbers) - 1, tokenizer.longest).astype(np.intp)
    chosen = numbers[spread].astype(np.int32)
    chosen[: len(read)] = read[: len(chosen)]
    chosen[-1] = highest
    what = f"{tokenizer.longest} tokens with numbers up to {chosen.max():,}"
    _try(runtime, chosen, what)


def _check_outputs(runtime: OnnxRuntime, *, classifies: bool) -> None:
    found = sorted(runtime.outputs)
    wanted = [[PROBABILITIES, VECTORS]] if classifies else [[VECTORS], [PROBABILITIES, VECTORS]]
    if found not in wanted:
        raise ValueError(f"the graph gives {_listed(found)}, not {_listed(wanted[0])}")
    for name in found:
        if runtime.width(name) < 1:
            raise ValueError(f"the graph's output {name} is not of float32 in two dimensions, with a fixed width")


def _try(runtime: OnnxRuntime, ids: "np.ndarray[tuple[int], np.dtype[np.int32]]", what: str) -> None:
    try:
        found = runtime.try_tokens(ids)
    except Exception as error:  # ONNX Runtime's errors share no public base
        raise ValueError(f"the graph fails on {what}: {str(error).splitlines()[0]}") from error
    for name, rows in found.items():
        if rows.dtype != np.float32 or rows.shape != (1, runtime.width(name)):
            raise ValueError(f"the graph gives {name} of {rows.dtype} and shape {rows.shape} for {what}")
        if not np.isfinite(rows).all() or (name == PROBABILITIES and not ((rows >= 0) & (rows <= 1)).all()):
            raise ValueError(f"the graph gives invalid {name} for {what}: {rows.min()} to {rows.max()}")


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names) or "nothing"
