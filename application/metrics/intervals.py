"""Confidence intervals of metrics."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application.metrics.decisions import Counts
from application.papers.sample_weights import Weights, weighted

_RESAMPLED = 1000
_Z = 1.959963984540054  # of a two-sided 95 %


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(successes: int, trials: int) -> Estimate:
    """Returns a share with its score interval (Wilson 1927). Without trials it is 0 with the interval from 0 to 1."""
    if not trials:
        return Estimate(0.0, 0.0, 1.0)
    share, square = successes / trials, _Z * _Z
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = _Z / (1 + square / trials) * math.sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    # Rounding may move a bound slightly past 0 or 1, or past the share.
    return Estimate(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)))


def bootstrap_micro(counts: Counts, *, seed: int = 0, weights: Weights = None) -> dict[str, Estimate]:
    """Returns micro precision, recall and F1 with percentile intervals from resampled papers (Efron 1979).

    `counts` has one number per paper. The same counts and seed give the same intervals. With `weights`, papers count by
    them but are drawn with equal chances, so unequal weights widen the intervals.
    """
    stacked = np.stack([counts.hits, counts.predicted, counts.actual])
    columns = stacked.astype(np.int64) if weights is None else weighted(stacked.T, weights).T
    papers = columns.shape[1]
    chance = np.random.default_rng(seed)
    drawn = np.empty((_RESAMPLED, 3), columns.dtype)
    for number in range(_RESAMPLED if papers else 0):
        drawn[number] = columns[:, chance.integers(0, papers, papers)].sum(axis=1)
    values, samples = _micro(columns.sum(axis=1)[None, :]), _micro(drawn)
    return {name: _percentiles(float(values[name][0]), samples[name], empty=not papers) for name in values}


def _micro(sums: NDArray[Any]) -> dict[str, NDArray[np.float64]]:
    counts = Counts(sums[:, 0], sums[:, 1], sums[:, 2])
    return {"micro_precision": counts.precision, "micro_recall": counts.recall, "micro_f1": counts.f1}


def _percentiles(value: float, samples: NDArray[np.float64], *, empty: bool) -> Estimate:
    if empty:
        return Estimate(0.0, 0.0, 1.0)
    low, high = np.percentile(samples, [2.5, 97.5]).tolist()
    return Estimate(value, low, high)
