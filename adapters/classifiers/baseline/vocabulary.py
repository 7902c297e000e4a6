"""The terms and pairs of terms that a model knows, with their weights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.baseline.scanning import Codes

_SLOT_BITS = 19
_SLOT_MIXER = np.int64(0x9E3779B97F4A7C1)
_EMPTY, _CROWDED = np.int32(-2), np.int32(-3)


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """Unigrams in code order, and bigrams as sorted keys `first * len(unigrams) + second`.

    The first `unpaired` unigrams are stop words, which no bigram contains or spans. Feature i is unigram i, or bigram i
    - len(unigrams). `idf` has one float32 per feature: ln((1 + papers) / (1 + papers with the feature)) + 1, the
    smoothed form that scikit-learn uses.
    """

    unigrams: tuple[str, ...]
    bigram_keys: NDArray[np.int64]
    idf: NDArray[np.float32]
    unpaired: int = 0

    def __len__(self) -> int:
        return len(self.unigrams) + len(self.bigram_keys)

    def codes(self) -> dict[str, int]:
        """Returns a map from unigram to code."""
        return {term: code for code, term in enumerate(self.unigrams)}

    def name(self, feature: int) -> str:
        """Returns a readable name of one feature."""
        if feature < len(self.unigrams):
            return self.unigrams[feature]
        first, second = divmod(int(self.bigram_keys[feature - len(self.unigrams)]), len(self.unigrams))
        return f"{self.unigrams[first]} {self.unigrams[second]}"

    def names(self) -> tuple[str, ...]:
        """Returns a readable name for each feature."""
        firsts, seconds = np.divmod(self.bigram_keys, max(1, len(self.unigrams)))
        words = self.unigrams
        pairs = (f"{words[a]} {words[b]}" for a, b in zip(firsts.tolist(), seconds.tolist(), strict=True))
        return (*words, *pairs)


class BigramLookup:
    """Finds adjacent codes that are known bigrams.

    A table gives the bigram in each slot. Bigrams that share a slot with another one are found by binary search.
    """

    def __init__(self, keys: NDArray[np.int64], *, unigrams: int, unpaired: int) -> None:
        self._keys = keys
        self._unigrams = unigrams
        self._unpaired = unpaired
        self._padded = np.append(keys, -1)  # found by a search past the last key
        slots = self._slots(keys)
        self._numbers = np.full(1 << _SLOT_BITS, _EMPTY, dtype=np.int32)
        self._numbers[slots] = np.arange(len(keys), dtype=np.int32)
        crowded = np.bincount(slots, minlength=len(self._numbers)) > 1
        self._numbers[crowded] = _CROWDED

    def find(self, codes: Codes) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Returns the positions i where (codes[i], codes[i + 1]) is known, and the numbers of those bigrams."""
        adjacent, keys = adjacent_keys(codes, self._unigrams, self._unpaired)
        numbers = self._numbers.take(self._slots(keys))
        likely = (numbers != _EMPTY).nonzero()[0]
        numbers, keys = numbers.take(likely), keys.take(likely)
        crowded = (numbers == _CROWDED).nonzero()[0]
        numbers[crowded] = self._keys.searchsorted(keys.take(crowded))
        found = (self._padded.take(numbers) == keys).nonzero()[0]
        return adjacent.take(likely.take(found)), numbers.take(found)

    @staticmethod
    def _slots(keys: NDArray[np.int64]) -> NDArray[np.int64]:
        return (keys * _SLOT_MIXER) >> np.int64(64 - _SLOT_BITS) & np.int64((1 << _SLOT_BITS) - 1)


def adjacent_keys(codes: Codes, unigrams: int, unpaired: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Returns the positions i where codes[i] and codes[i + 1] may form a bigram, and their keys."""
    pairable = codes >= unpaired
    adjacent = (pairable[:-1] & pairable[1:]).nonzero()[0]
    return adjacent, codes.take(adjacent).astype(np.int64) * unigrams + codes.take(adjacent + 1)


def most_frequent(counts: NDArray[np.int64], limit: int, least: int) -> NDArray[np.intp]:
    """Returns the positions of the `limit` largest counts of at least `least`, largest first. Ties keep their order."""
    order = np.argsort(-counts, kind="stable")[:limit]
    return order[counts[order] >= least]
