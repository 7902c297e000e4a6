"""TF-IDF bags, the sparse input of the network, made with numpy alone."""

import math
from collections.abc import Iterator
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


class BagMaker:
    """Counts features and weights them by (1 + ln count) * idf, scaled to Euclidean length 1."""

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

    def _counted(self, codes: Codes, papers: int) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        keys = self._keys(codes, papers)
        keys.sort()
        new = np.ones(len(keys) + 1, dtype=bool)
        np.not_equal(keys[1:], keys[:-1], out=new[1:-1])
        bounds = new.nonzero()[0] if len(keys) else np.zeros(1, dtype=np.int64)
        starts, counts = bounds[:-1], bounds[1:] - bounds[:-1]
        distinct = keys.take(starts)
        if papers == 1:
            return distinct.astype(np.int32, copy=False), counts, np.array((0, len(distinct)))
        firsts: Integers = np.arange(papers + 1, dtype=keys.dtype) * max(1, len(self._idf))
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


def concatenated(parts: Iterator[Bags]) -> Bags:
    """Returns the papers of all parts in order."""
    every = list(parts)
    lengths = np.concatenate([part.lengths() for part in every])
    return Bags(
        np.concatenate([part.features for part in every]),
        np.concatenate([part.weights for part in every]),
        np.concatenate(([0], np.cumsum(lengths))),
    )
