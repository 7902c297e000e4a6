"""Batches of papers of similar length, which need little padding."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

_BATCHES_SORTED_TOGETHER = 32


def length_bucketed(lengths: NDArray[np.int64], size: int, random: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """Yields the rows of all papers once, shuffled, in batches of `size` with similar lengths."""
    order = random.permutation(len(lengths))
    for start in range(0, len(order), size * _BATCHES_SORTED_TOGETHER):
        window = order[start : start + size * _BATCHES_SORTED_TOGETHER]
        window = window[np.argsort(lengths[window], kind="stable")]
        starts = np.arange(0, len(window), size)
        for first in random.permutation(starts):
            yield window[first : first + size]
