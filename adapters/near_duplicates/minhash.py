"""Near-duplicates by MinHash and locality-sensitive hashing, with the similarity of each candidate pair counted out.

Broder, On the resemblance and containment of documents (1997); Leskovec, Rajaraman, Ullman, Mining of Massive Datasets,
chapter 3.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from zlib import crc32

import numpy as np
from datasketch import MinHash
from numpy.typing import NDArray
from typing_extensions import override

from domain.errors import InvalidInputError
from domain.ports.near_duplicates import NearDuplicate, NearDuplicates

_HASHES = 128
# The probability that a pair at the bound is a candidate. Candidates below the bound are dropped once counted.
_RECALL = 0.99
_WORD = re.compile(r"\w+")
_WORDS_AT_ONCE = 3
# Odd numbers of 64 bits, which mix the hashes of consecutive words.
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], np.uint64)
_MOST_ALIKE = 16

Shingles = NDArray[np.uint32]


class MinHashDuplicates(NearDuplicates):
    """Keeps 512 bytes of hashes and some 600 bytes of word sequences for each text.

    Of more than 16 texts with the same hashes, each is compared with the first and with the one before it.
    """

    def __init__(self, similarity: float) -> None:
        if not 0.2 <= similarity <= 1.0:
            raise InvalidInputError(f"The similarity is {similarity}. Give a number from 0.2 to 1.")
        self._least = similarity
        self._rows = _rows_of_band(similarity)
        self._empty = MinHash(_HASHES, seed=1, hashfunc=int)
        self._shingles: list[Shingles] = []
        self._hashes: list[NDArray[np.uint32]] = []

    @override
    def add(self, text: str) -> None:
        shingles = shingles_of(text)
        sketch = self._empty.copy()
        sketch.update_batch(shingles.tolist())
        self._shingles.append(shingles)
        self._hashes.append(sketch.hashvalues.astype(np.uint32))

    @override
    def pairs(self) -> Sequence[NearDuplicate]:
        if not self._hashes:
            return []
        found = [
            NearDuplicate(first, second, similarity)
            for first, second in self._candidates(np.stack(self._hashes))
            if (similarity := jaccard(self._shingles[first], self._shingles[second])) >= self._least
        ]
        return sorted(found, key=lambda pair: (-pair.similarity, pair.first, pair.second))

    def _candidates(self, hashes: NDArray[np.uint32]) -> Iterator[tuple[int, int]]:
        seen: set[tuple[int, int]] = set()
        for start in range(0, _HASHES - self._rows + 1, self._rows):
            for alike in _equal_rows(hashes[:, start : start + self._rows]):
                new = set(_compared(alike)) - seen
                seen |= new
                yield from new


def shingles_of(text: str) -> Shingles:
    """Returns the sorted, distinct hashes of all sequences of three words, or of the whole text if it is shorter."""
    words = _WORD.findall(text.casefold())
    if len(words) < _WORDS_AT_ONCE:
        return np.array([crc32(" ".join(words or [text.strip()]).encode())], np.uint32)
    hashed = np.array([crc32(word.encode()) for word in words], np.uint64)
    count = len(words) - _WORDS_AT_ONCE + 1
    mixed = sum(hashed[place : place + count] * _MIX[place] for place in range(_WORDS_AT_ONCE))
    shingles: Shingles = np.unique((np.asarray(mixed) >> np.uint64(32)).astype(np.uint32))
    return shingles


def jaccard(first: Shingles, second: Shingles) -> float:
    """Returns the size of the intersection of two sorted sets by that of their union."""
    common = len(np.intersect1d(first, second, assume_unique=True))
    return common / (len(first) + len(second) - common)


def _rows_of_band(similarity: float) -> int:
    """Returns the most hashes per band with which a pair of that similarity agrees in a band with probability 0.99."""
    return next(
        rows
        for rows in range(_HASHES, 0, -1)
        if 1 - (1 - similarity**rows) ** (_HASHES // rows) >= _RECALL or rows == 1
    )


def _equal_rows(band: NDArray[np.uint32]) -> Iterator[list[int]]:
    """Yields the numbers of the rows that are equal to others, in groups and in order."""
    odd = np.arange(1, 2 * band.shape[1], 2, dtype=np.uint64) * _MIX[0]
    keys = (band * odd).sum(axis=1, dtype=np.uint64)
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=~keys[order[:1]]))
    ends = np.append(starts[1:], len(keys))
    for start, end in zip(*(bounds[ends - starts > 1].tolist() for bounds in (starts, ends)), strict=True):
        yield order[start:end].tolist()


def _compared(alike: list[int]) -> Iterator[tuple[int, int]]:
    if len(alike) <= _MOST_ALIKE:
        return combinations(alike, 2)
    return iter({*pairwise(alike), *((alike[0], each) for each in alike[1:])})
