"""Near-duplicates by comparing every text with every other."""

import re
from collections.abc import Sequence
from itertools import combinations

from typing_extensions import override

from domain.ports.near_duplicates import NearDuplicate, NearDuplicates


class FakeNearDuplicates(NearDuplicates):
    """Exact, in quadratic time."""

    def __init__(self, similarity: float) -> None:
        self._least = similarity
        self._texts: list[str] = []

    @override
    def add(self, text: str) -> None:
        self._texts.append(text)

    @override
    def pairs(self) -> Sequence[NearDuplicate]:
        sets = [_sequences(text) for text in self._texts]
        found = (
            NearDuplicate(first, second, len(sets[first] & sets[second]) / len(sets[first] | sets[second]))
            for first, second in combinations(range(len(sets)), 2)
        )
        near = [pair for pair in found if pair.similarity >= self._least]
        return sorted(near, key=lambda pair: (-pair.similarity, pair.first, pair.second))


def _sequences(text: str) -> set[str]:
    words = re.findall(r"\w+", text.casefold())
    if len(words) < 3:
        return {" ".join(words) or text.strip()}
    return {" ".join(words[start : start + 3]) for start in range(len(words) - 2)}
