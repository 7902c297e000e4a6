"""A comparison that may be looked at after every paper.

A fixed-sample test that is repeated as papers come in is wrong far more often than its level says. Here a confidence
sequence is made by betting (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B
2024, the hedged capital process of section 4.2 with the predictable plug-in bets of its equation 26): with a chance of
1 - alpha it covers the true difference at every paper at once, so a look costs nothing and stopping is always allowed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_GRID = 401
_MOST_OF_CAPITAL = 0.5


class Advice(StrEnum):
    """What a comparison says to do."""

    STOP_BETTER = "stop: better"
    STOP_WORSE = "stop: worse"
    STOP_ALIKE = "stop: alike"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class SequentialResult:
    """A mean difference with its confidence sequence at level 1 - alpha, and an anytime-valid p-value of no difference.

    `observations` says how many differences there were.
    """

    observations: int
    difference: float
    low: float
    high: float
    p_value: float
    advice: Advice


def sequential_test(differences: Sequence[float] | Floats, *, alpha: float, margin: float) -> SequentialResult:
    """Whether the mean of differences from -1 to 1, in the order in which they came, is 0.

    They are to be independent, or at least of the same mean given those before. The advice is to stop where 0 is
    outside the sequence, and where all of it is within `margin` of 0.
    """
    values = (np.asarray(differences, np.float64) + 1) / 2
    if values.size and (values.min() < 0 or values.max() > 1):
        raise ValueError("a difference is outside -1 to 1")
    bets = _bets(values, alpha)
    grid = np.linspace(0, 1, _GRID)
    peaks = np.array([_peak(values, bets, mean) for mean in grid])
    inside = grid[peaks < np.log(1 / alpha)]
    # None is left only where the sequence has missed the truth, whose chance is alpha.
    low, high = (float(inside[0]) * 2 - 1, float(inside[-1]) * 2 - 1) if inside.size else (0.0, 0.0)
    step = 2 / (_GRID - 1)  # what lies between two points is inside if one of them is
    low, high = (round(bound, 9) + 0.0 for bound in (max(-1.0, low - step), min(1.0, high + step)))  # no -0.0
    at_zero = peaks[_GRID // 2]
    p_value = float(np.exp(-max(at_zero, 0.0)))
    mean = float(values.mean() * 2 - 1) if values.size else 0.0
    return SequentialResult(values.size, mean, low, high, p_value, _advice(low, high, mean, p_value <= alpha, margin))


@dataclass(frozen=True, slots=True)
class Differences:
    """Differences in their order, and from how many papers of both and how many blocks of papers of either."""

    values: Floats
    pairs: int
    blocks: int


def differences(outcomes: Iterable[tuple[bool | None, bool | None]]) -> Differences:
    """What each paper says, from whether the first and the second were right on it; None is who did not predict it.

    A paper that both predicted is 1 where only the second was right, -1 where only the first was, else 0. Papers of
    either make blocks: one ends as soon as it has papers of both, and its difference is the second's share less the
    first's. Which papers make a block depends on the assignment alone, so where that is random each difference has the
    true mean, whichever kind it is, and later papers change no earlier one.
    """
    found: list[float] = []
    blocks = 0
    right, seen = [0, 0], [0, 0]
    for paper in outcomes:
        if paper[0] is not None and paper[1] is not None:
            found.append(float(paper[1]) - float(paper[0]))
            continue
        for place, correct in enumerate(paper):
            right[place] += bool(correct)
            seen[place] += correct is not None
        if all(seen):
            found.append(right[1] / seen[1] - right[0] / seen[0])
            blocks += 1
            right, seen = [0, 0], [0, 0]
    return Differences(np.array(found, np.float64), len(found) - blocks, blocks)


def _bets(values: Floats, alpha: float) -> Floats:
    """How much is staked on each value, from those before it alone: equation 26."""
    count = np.arange(1, values.size + 1)
    means = (0.5 + np.cumsum(values)) / (count + 1)
    variances = (0.25 + np.cumsum((values - means) ** 2)) / (count + 1)
    before = np.concatenate(([0.25], variances[:-1]))[: values.size]
    staked: Floats = np.sqrt(2 * np.log(2 / alpha) / (before * count * np.log(1 + count)))
    return staked


def _peak(values: Floats, bets: Floats, mean: float) -> float:
    """The highest logarithm of the capital that bets against `mean`, half on either side, had at any time."""
    if not values.size:
        return 0.0
    up = np.cumsum(np.log1p(np.minimum(bets, _limit(mean)) * (values - mean)))
    down = np.cumsum(np.log1p(-np.minimum(bets, _limit(1 - mean)) * (values - mean)))
    return float(np.maximum(up, down).max() - np.log(2))


def _limit(side: float) -> float:
    """No bet loses more than half of the capital."""
    return _MOST_OF_CAPITAL / side if side > 0 else np.inf


def _advice(low: float, high: float, mean: float, rejected: bool, margin: float) -> Advice:
    if rejected:
        return Advice.STOP_BETTER if mean > 0 else Advice.STOP_WORSE
    return Advice.STOP_ALIKE if -margin < low and high < margin else Advice.CONTINUE
