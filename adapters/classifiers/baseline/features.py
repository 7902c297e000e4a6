"""TF-IDF bags, the sparse input of the network, made with numpy alone."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.baseline.reading import END_OF_PAPER
from adapters.classifiers.baseline.scanning import Codes
from adapters.classifiers.baseline.vocabulary import BigramLookup, Vocabulary

# A table of 1 + ln(count). No term of a text of 100,000 characters exceeds its length.
_DAMPED = np.concatenate(([0.0], 1 + np.log(np.arange(1, 1 << 17)))).astype(np.float32)
_LARGEST_INT32 = (1 << 31) - 1

Integers = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Bags:
    """Papers as weighted features in CSR form.

    Paper p has `features[offsets[p]:offsets[p + 1]]` (int32, ascending, unique) with `weights` (float32) of Euclidean
    length 1. A paper may have no features.
    """

    features: NDArray[np.int32]
    weights: NDArray[np.float32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def lengths(self) -> NDArray[np.int64]:
        """Returns the number of distinct features of each paper."""
        return np.diff(self.offsets)

    def lengths_of(self, papers: NDArray[np.intp]) -> NDArray[np.int64]:
        """Returns the number of distinct features of some papers."""
        return self.offsets[papers + 1] - self.offsets[papers]

    def empty(self) -> list[int]:
        """Returns the papers without features."""
        if len(self) == 1:
            return [] if len(self.features) else [0]
        return _zeros(self.lengths())


@dataclass(frozen=True, slots=True, eq=False)
class Postings:
    """Papers as weighted features in CSC form: the papers of each feature.

    `features[f]` (int32, ascending, unique) is in the papers `papers[bounds[f]:bounds[f + 1]]` (int32, ascending), with
    `weights` (float32) that are not scaled. `lengths` (float32) holds the Euclidean length of each paper's weights, 0
    for a paper without features.
    """

    features: NDArray[np.int32]
    bounds: NDArray[np.int32]
    papers: NDArray[np.int32]
    weights: NDArray[np.float32]
    lengths: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.lengths)

    def empty(self) -> list[int]:
        """Returns the papers without features."""
        return _zeros(self.lengths)


class BagMaker:
    """Counts features and weights them by (1 + ln count) * idf, scaled to Euclidean length 1 in bags."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._idf = vocabulary.idf
        self._unigrams = len(vocabulary.unigrams)
        self._bigrams = BigramLookup(vocabulary.bigram_keys, unigrams=self._unigrams, unpaired=vocabulary.unpaired)

    def bags(self, codes: Codes) -> Bags:
        """Returns the bags of a stream of codes in which each paper ends with END_OF_PAPER."""
        papers = int(np.count_nonzero(codes == END_OF_PAPER))
        features, counts, offsets = self._counted(codes, papers)
        weights = _DAMPED.take(counts, mode="clip") * self._idf.take(features)
        return Bags(features, _unit_length(weights, offsets), offsets)

    def postings(self, codes: Codes) -> Postings:
        """Returns the same papers by feature. It takes fewer steps than bags of many papers."""
        papers = int(np.count_nonzero(codes == END_OF_PAPER))
        bits = max(1, papers - 1).bit_length()
        keys, counts = _distinct(self._keys_by_feature(codes, bits))
        of_papers = (keys & ((1 << bits) - 1)).astype(np.int32, copy=False)
        keys >>= bits
        weights = _DAMPED.take(counts, mode="clip")
        weights *= self._idf.take(keys)
        squares = np.bincount(of_papers, weights * weights, papers)
        features, bounds = _runs(keys)
        lengths = np.sqrt(squares).astype(np.float32)
        return Postings(features.astype(np.int32, copy=False), bounds.astype(np.int32), of_papers, weights, lengths)

    def _counted(self, codes: Codes, papers: int) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        distinct, counts = _distinct(self._keys(codes, papers))
        if papers == 1:
            return distinct.astype(np.int32, copy=False), counts, np.array((0, len(distinct)))
        firsts: Integers = np.arange(papers + 1, dtype=distinct.dtype) * max(1, len(self._idf))
        offsets = distinct.searchsorted(firsts)
        distinct -= firsts[:-1].repeat(np.diff(offsets))
        return distinct.astype(np.int32, copy=False), counts, offsets

    def _keys(self, codes: Codes, papers: int) -> Integers:
        """Returns `paper * features + feature` of every known term and bigram, in int32 if they fit."""
        at, bigram = self._bigrams.find(codes)
        if papers == 1:
            return np.concatenate((codes[codes >= 0], bigram + self._unigrams))
        kind = np.int32 if (papers + 1) * len(self._idf) <= _LARGEST_INT32 else np.int64
        base = (codes == END_OF_PAPER).cumsum(dtype=kind)
        base *= len(self._idf)
        known = (codes >= 0).nonzero()[0]
        terms = base.take(known) + codes.take(known)
        pairs = base.take(at)
        pairs += bigram
        pairs += self._unigrams
        return np.concatenate((terms, pairs))

    def _keys_by_feature(self, codes: Codes, bits: int) -> Integers:
        """Returns `feature << bits | paper` of every known term and bigram, in int32 if they fit."""
        at, bigram = self._bigrams.find(codes)
        known = (codes >= 0).nonzero()[0]
        kind = np.int32 if len(self._idf) << bits <= _LARGEST_INT32 else np.int64
        keys: Integers = np.empty(len(known) + len(at), kind)
        terms, pairs = keys[: len(known)], keys[len(known) :]
        terms[:] = codes.take(known)
        np.add(bigram, self._unigrams, out=pairs)
        keys <<= bits
        papers = (codes == END_OF_PAPER).cumsum(dtype=kind)
        terms |= papers.take(known)
        pairs |= papers.take(at)
        return keys


def _zeros(values: NDArray[np.generic]) -> list[int]:
    found: list[int] = (values == 0).nonzero()[0].tolist()
    return found


def _distinct(keys: Integers) -> tuple[Integers, NDArray[np.int64]]:
    """Sorts keys in place, and returns the distinct ones and how often each occurs."""
    keys.sort()
    distinct, bounds = _runs(keys)
    return distinct, bounds[1:] - bounds[:-1]


def _runs(keys: Integers) -> tuple[Integers, NDArray[np.int64]]:
    """Returns the distinct values of sorted keys, and where the run of each starts, with the end of the last."""
    new = np.ones(len(keys) + 1, dtype=bool)
    np.not_equal(keys[1:], keys[:-1], out=new[1:-1])
    bounds = new.nonzero()[0] if len(keys) else np.zeros(1, dtype=np.int64)
    return keys.take(bounds[:-1]), bounds


def _unit_length(weights: NDArray[np.float32], offsets: NDArray[np.int64]) -> NDArray[np.float32]:
    if len(offsets) == 2:
        length = math.sqrt(float(weights.dot(weights))) or 1.0
        return np.divide(weights, np.float32(length), dtype=np.float32)
    lengths = np.diff(offsets)
    return np.divide(weights, np.repeat(_norms(weights, offsets[:-1], lengths), lengths), dtype=np.float32)


def _norms(weights: NDArray[np.float32], starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
    if not len(lengths):
        return weights
    # The appended zero makes the start of an empty last bag a valid index.
    squares = np.add.reduceat(np.append(weights * weights, np.float32(0)), starts)
    return np.sqrt(np.where(lengths > 0, squares, np.float32(1)), dtype=np.float32)
