"""The difference between the label distributions of two variants."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SHUFFLED = 200
_MOST_PAPERS = 20_000

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LabelShift:
    """The total variation distance of two label distributions, and the distance that chance exceeds in 5 % of cases."""

    distance: float
    chance: float

    @property
    def notable(self) -> bool:
        """Whether chance alone rarely gives such a distance."""
        return self.distance > self.chance


def label_shares(given: Bools) -> NDArray[np.float64]:
    """Returns each column's share of all labels in an array of shape (papers, categories)."""
    counts = given.sum(axis=0).astype(np.float64)
    shares: NDArray[np.float64] = counts / max(counts.sum(), 1.0)
    return shares


def label_shift(first: Bools, second: Bools, *, seed: int = 0) -> LabelShift:
    """Returns half the sum of the absolute differences in share, from 0 to 1, with a permutation test.

    A chi-square test assumes that labels are independent, but labels of one paper are not, so whole papers are
    exchanged. At most 20,000 random papers of each variant are used.
    """
    chance = np.random.default_rng(seed)
    distance = _distance(first, second)
    sides = [_drawn(side, chance) for side in (first, second)]
    pooled, size = np.concatenate(sides), len(sides[0])
    shuffled = []
    for _ in range(_SHUFFLED if all(map(len, sides)) else 0):
        order = chance.permutation(len(pooled))
        shuffled.append(_distance(pooled[order[:size]], pooled[order[size:]]))
    return LabelShift(distance, float(np.quantile(shuffled, 0.95)) if shuffled else 1.0)


def _distance(first: Bools, second: Bools) -> float:
    return float(np.abs(label_shares(first) - label_shares(second)).sum() / 2)


def _drawn(papers: Bools, chance: np.random.Generator) -> Bools:
    if len(papers) <= _MOST_PAPERS:
        return papers
    return papers[chance.choice(len(papers), _MOST_PAPERS, replace=False)]


def one_hot(rows: Sequence[Sequence[int]], columns: int) -> Bools:
    """Returns an array of shape (rows, columns) with ones in the columns that each row lists."""
    found = np.zeros((len(rows), columns), np.bool_)
    for number, row in enumerate(rows):
        found[number, list(row)] = True
    return found
