"""One threshold for all categories that keeps a stated goal, and the trade-off between goals."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from application.policies.bounds import mean_bounds, share_bounds
from application.policies.likely_pairs import Given, LikelyPairs
from domain.errors import InvalidInputError
from domain.policy import Aim, Goal

# Common thresholds, evenly spaced on the logit scale: from .9991 down to .005.
GRID = tuple(float(1 / (1 + np.exp(-logit))) for logit in np.linspace(7.0, -5.29, 247))
Bounds = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Reached:
    """A threshold with the value that a goal's measure has there, and the bound that has to keep the goal."""

    threshold: float
    value: float
    bound: float
    kept: bool


def reach(goal: Goal, pairs: LikelyPairs) -> Reached:
    """Returns the threshold that keeps a stated goal and costs least, or else the one that comes nearest to it.

    A goal is kept if the bound of the measure's 95 % interval keeps it, so that other papers of the population seldom
    break it. A goal of recall is kept by the highest such threshold, and all others by the lowest.
    """
    tried = [_tried(goal, pairs, threshold, found) for threshold, found in zip(GRID, pairs.at_each(GRID), strict=True)]
    kept = [each for each in tried if each.kept]
    if kept:
        return kept[0] if goal.aim == Aim.RECALL else kept[-1]
    at_least = goal.aim in (Aim.PRECISION, Aim.RECALL)
    return (max if at_least else min)(tried, key=lambda each: each.bound)


def refuse_unreached(name: str, goal: Goal, reached: Reached, papers: int, source: str) -> None:
    """Raises InvalidInputError with the best that can be reached, if the goal is not kept."""
    if reached.kept or goal.bound is None:
        return
    side, most = ("reaches down to", "least") if goal.aim in (Aim.PRECISION, Aim.RECALL) else ("reaches up to", "most")
    best, value = _shown(goal, reached.bound), _shown(goal, reached.value)
    raise InvalidInputError(
        f"No threshold keeps the goal {goal} of the policy {name} on the {papers:,} papers of {source}. The best is "
        f"{value} at the threshold {reached.threshold:.4f}, whose 95 % interval {side} {best}. Ask for at {most} "
        f"{best}, or give more papers."
    )


def trade_off(pairs: LikelyPairs, points: int = 41) -> Mapping[str, tuple[float, ...]]:
    """Returns the trade-off at thresholds from .99 down to .01: precision, recall, F1, wrong cross-lists, categories.

    The columns have `points` entries, rounded to four decimals. A share without anything in its denominator is 0.
    """
    thresholds = [float(1 / (1 + np.exp(-logit))) for logit in np.linspace(4.6, -4.6, points)]
    found = zip(thresholds, pairs.at_each(thresholds), strict=True)
    rows = [{"threshold": threshold, **_point(pairs, given)} for threshold, given in found]
    return {name: tuple(round(row[name], 4) for row in rows) for name in rows[0]}


def _tried(goal: Goal, pairs: LikelyPairs, threshold: float, found: Given) -> Reached:
    value, low, high = _MEASURES[goal.aim](found, pairs)
    wanted = goal.bound or 0.0
    if goal.aim in (Aim.PRECISION, Aim.RECALL):
        return Reached(threshold, value, low, low >= wanted)
    limit = wanted / goal.per if goal.per else wanted
    return Reached(threshold, value, high, high <= limit)


def _point(pairs: LikelyPairs, found: Given) -> dict[str, float]:
    precision, recall, wrong, given = (
        measure(found, pairs)[0] for measure in (_precision, _recall, _wrong_cross_lists, _given)
    )
    return {
        "micro_precision": precision,
        "micro_recall": recall,
        "micro_f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "wrong_cross_lists": wrong,
        "categories_per_paper": given,
    }


def _precision(found: Given, pairs: LikelyPairs) -> Bounds:
    return share_bounds(found.right, found.given, pairs.weights)


def _recall(found: Given, pairs: LikelyPairs) -> Bounds:
    return share_bounds(found.right, pairs.actual, pairs.weights)


def _wrong_cross_lists(found: Given, pairs: LikelyPairs) -> Bounds:
    return share_bounds(found.wrong_beside, found.beside, pairs.weights)


def _wrongly_cross_listed(found: Given, pairs: LikelyPairs) -> Bounds:
    return share_bounds(np.minimum(found.wrong_beside, 1.0), np.ones(len(pairs.actual)), pairs.weights)


def _given(found: Given, pairs: LikelyPairs) -> Bounds:
    return mean_bounds(found.given, pairs.weights)


_MEASURES: Mapping[Aim, Callable[[Given, LikelyPairs], Bounds]] = {
    Aim.PRECISION: _precision,
    Aim.RECALL: _recall,
    Aim.WRONG_CROSS_LISTS: _wrong_cross_lists,
    Aim.WRONGLY_CROSS_LISTED: _wrongly_cross_listed,
    Aim.REVIEWS: _given,
}


def _shown(goal: Goal, value: float) -> str:
    return f"{value * goal.per:,.1f}" if goal.per else f"{value:.4f}"
