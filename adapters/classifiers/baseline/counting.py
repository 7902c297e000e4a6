"""Counts the terms and the pairs of terms of training papers in bounded memory."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.baseline.reading import GrowingCodeReader
from adapters.classifiers.baseline.terms import TermReader
from adapters.classifiers.baseline.vocabulary import most_frequent
from adapters.classifiers.learning.array_files import ArrayFiles
from domain.abstract import Abstract

_PAIRS_SORTED_TOGETHER = 1 << 23  # 64 MB of keys, and as much again several times while they are sorted


class TermCounter:
    """Counts how often each term occurs."""

    def __init__(self, terms: TermReader) -> None:
        self._reader = GrowingCodeReader(terms)
        self._counts = np.zeros(0, dtype=np.int64)

    def add(self, abstracts: Sequence[Abstract]) -> None:
        """Counts the terms of some papers."""
        codes = self._reader.read(abstracts)
        counts = np.bincount(codes[codes >= 0], minlength=len(self._reader.vocabulary))
        counts[: len(self._counts)] += self._counts
        self._counts = counts

    def counted(self) -> tuple[list[str], NDArray[np.int64]]:
        """Returns all terms, in the order of their first occurrence, and how often each occurs."""
        return list(self._reader.vocabulary), self._counts


class PairCounter:
    """Finds the most frequent pairs of neighbours exactly.

    Their keys lie on disk in ranges, each of which is sorted alone. `most` is the largest possible number of pairs that
    begin with each term, shape (terms,). A range holds some 8 million pairs, or those of one term if it has more.
    """

    def __init__(self, files: ArrayFiles, most: NDArray[np.int64]) -> None:
        self._terms = len(most)
        ranges, self._range_of = np.unique(np.cumsum(most) // _PAIRS_SORTED_TOGETHER, return_inverse=True)
        self._ranges = [files.parts(f"pairs-{number}", np.int64) for number in range(len(ranges))]

    def add(self, keys: NDArray[np.int64]) -> None:
        """Counts the keys of some pairs, as `adjacent_keys` gives them."""
        if len(self._ranges) == 1:
            self._ranges[0].append(keys)
            return
        ranges = self._range_of.take(keys // self._terms)
        for number, file in enumerate(self._ranges):
            file.append(keys[ranges == number])

    def most_frequent(self, limit: int, least: int) -> NDArray[np.int64]:
        """Returns the `limit` most frequent keys, sorted, that occur at least `least` times. Removes all keys.

        Of keys that are equally frequent, lower ones come first.
        """
        found = [_counted(file.joined(), limit, least) for file in self._ranges]
        keys = np.concatenate([keys for keys, _ in found])
        counts = np.concatenate([counts for _, counts in found])
        return np.sort(keys[most_frequent(counts, limit, least)])


def _counted(keys: NDArray[np.int64], limit: int, least: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns the `limit` most frequent keys, sorted, and how often each occurs."""
    distinct, counts = np.unique(keys, return_counts=True)
    kept = np.sort(most_frequent(counts, limit, least))
    return distinct[kept], counts[kept]
