"""A comparison that may be checked after every paper.

Repeating a fixed-sample test as papers come in gives false alarms far more often than its level. This module uses a
confidence sequence by betting (Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS
B 2024): the hedged capital process of section 4.2 with the predictable plug-in bets of equation 26. With probability 1
- alpha it covers the true difference after every paper at once, so any number of checks and any time of stopping are
allowed.
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
    """The advice that follows from a comparison."""

    STOP_BETTER = "stop: better"
    STOP_WORSE = "stop: worse"
    STOP_ALIKE = "stop: alike"
    CONTINUE = "continue"


@dataclass(frozen=True, slots=True)
class SequentialResult:
    """A mean difference with its confidence sequence at level 1 - alpha and its anytime-valid p-value.

    The null hypothesis is no difference. `observations` is the number of differences.
    """

    observations: int
    difference: float
    low: float
    high: float
    p_value: float
    advice: Advice


def sequential_test(differences: Sequence[float] | Floats, *, alpha: float, margin: float) -> SequentialResult:
    """Tests whether the mean of differences from -1 to 1, in order of arrival, is 0.

    The differences must be independent, or at least have the same mean given those before. The advice is to stop if 0
    is outside the sequence, or if the whole sequence is within `margin` of 0.
    """
    values = (np.asarray(differences, np.float64) + 1) / 2
    if values.size and (values.min() < 0 or values.max() > 1):
        raise ValueError("a difference is outside -1 to 1")
    bets = _bets(values, alpha)
    grid = np.linspace(0, 1, _GRID)
    peaks = np.array([_peak(values, bets, mean) for mean in grid])
    inside = grid[peaks < np.log(1 / alpha)]
    # The sequence is empty only if it has missed the truth, which has probability alpha.
    low, high = (float(inside[0]) * 2 - 1, float(inside[-1]) * 2 - 1) if inside.size else (0.0, 0.0)
    step = 2 / (_GRID - 1)  # values between two points count as inside if either point is
    low, high = (round(bound, 9) + 0.0 for bound in (max(-1.0, low - step), min(1.0, high + step)))  # no -0.0
    at_zero = peaks[_GRID // 2]
    p_value = float(np.exp(-max(at_zero, 0.0)))
    mean = float(values.mean() * 2 - 1) if values.size else 0.0
    return SequentialResult(values.size, mean, low, high, p_value, _advice(low, high, mean, p_value <= alpha, margin))


@dataclass(frozen=True, slots=True)
class Differences:
    """Differences in their order.

    `pairs` is the number of papers that both predicted, `blocks` the number of blocks of papers that either predicted.
    """

    values: Floats
    pairs: int
    blocks: int


def differences(outcomes: Iterable[tuple[bool | None, bool | None]]) -> Differences:
    """Returns the differences in outcome between two variants.

    `outcomes` says for each paper whether the first and the second were right, with None if not predicted. A paper that
    both predicted gives 1 if only the second was right, -1 if only the first was, else 0.
    Papers that only one predicted form blocks. A block ends as soon as it has papers of both, and its difference is the
    second's share of right papers minus the first's. Blocks depend on the assignment alone. If it is random, every
    difference has the true mean, and later papers change no earlier difference.
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
    """Returns the stake on each value, computed from the values before it (equation 26)."""
    count = np.arange(1, values.size + 1)
    means = (0.5 + np.cumsum(values)) / (count + 1)
    variances = (0.25 + np.cumsum((values - means) ** 2)) / (count + 1)
    before = np.concatenate(([0.25], variances[:-1]))[: values.size]
    staked: Floats = np.sqrt(2 * np.log(2 / alpha) / (before * count * np.log(1 + count)))
    return staked


def _peak(values: Floats, bets: Floats, mean: float) -> float:
    """Returns the highest log capital, at any time, of a bet against `mean` with half on either side."""
    if not values.size:
        return 0.0
    up = np.cumsum(np.log1p(np.minimum(bets, _limit(mean)) * (values - mean)))
    down = np.cumsum(np.log1p(-np.minimum(bets, _limit(1 - mean)) * (values - mean)))
    return float(np.maximum(up, down).max() - np.log(2))


def _limit(side: float) -> float:
    """Returns the largest stake that loses at most half of the capital."""
    return _MOST_OF_CAPITAL / side if side > 0 else np.inf


def _advice(low: float, high: float, mean: float, rejected: bool, margin: float) -> Advice:
    if rejected:
        return Advice.STOP_BETTER if mean > 0 else Advice.STOP_WORSE
    return Advice.STOP_ALIKE if -margin < low and high < margin else Advice.CONTINUE
