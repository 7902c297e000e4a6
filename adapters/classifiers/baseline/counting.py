"""Counts the terms and the pairs of terms of training papers in bounded memory."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.baseline.reading import GrowingCodeReader
from adapters.classifiers.baseline.terms import TermReader
from adapters.classifiers.baseline.vocabulary import most_frequent
from adapters.classifiers.learning.array_files import ArrayFiles
from domain.abstract import Abstract

_PAIRS_SORTED_TOGETHER = 1 << 23  # 64 MB of keys, and as much again several times while they are sorted


@dataclass(frozen=True, slots=True, eq=False)
class TermCounts:
    """Terms in the order of their first occurrence, with the least and the largest possible count of each.

    `unseen` is the largest possible count of any other term. It is 0 if all terms are here, and then all counts are
    exact.
    """

    terms: Sequence[str]
    least: NDArray[np.int64]
    most: NDArray[np.int64]
    unseen: int

    def uncertain(self, chosen: NDArray[np.intp]) -> int:
        """Returns how many of the chosen terms may be less frequent than one that was not chosen."""
        others = np.delete(self.most, chosen).max(initial=self.unseen)
        return int(np.count_nonzero(self.least[chosen] < others)) if self.unseen else 0


class TermCounter:
    """Counts how often each term occurs, exactly for up to `limit` distinct terms.

    With more, the rarer terms are dropped until half of the limit is left (lossy counting, Manku and Motwani 2002, with
    the threshold that memory demands). A term that comes again after it was dropped may have a count that is too low by
    at most the largest count of a dropped term.
    """

    def __init__(self, terms: TermReader, limit: int) -> None:
        self._reader = GrowingCodeReader(terms)
        self._limit = limit
        self._counts = np.zeros(0, dtype=np.int64)
        self._missed = np.zeros(0, dtype=np.int64)
        self._dropped = 0

    def add(self, abstracts: Sequence[Abstract]) -> None:
        """Counts the terms of some papers."""
        codes = self._reader.read(abstracts)
        counts = np.bincount(codes[codes >= 0], minlength=len(self._reader.vocabulary))
        new = len(counts) - len(self._counts)
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        self._missed = np.append(self._missed, np.full(new, self._dropped))
        if len(counts) > self._limit:
            self._drop()

    def counted(self) -> TermCounts:
        """Returns all terms that were not dropped."""
        return TermCounts(list(self._reader.vocabulary), self._counts, self._counts + self._missed, self._dropped)

    def _drop(self) -> None:
        most = self._counts + self._missed
        self._dropped = int(np.sort(most)[-1 - self._limit // 2])
        kept = np.flatnonzero(most > self._dropped)
        terms = list(self._reader.vocabulary)
        self._reader.forget_all_but([terms[code] for code in kept])
        self._counts, self._missed = self._counts[kept], self._missed[kept]


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
