"""How probabilities fare over their whole range: precision and recall at every threshold, and reliability."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.calibration_error import BINS

_THRESHOLDS = np.arange(1, 100) / 100


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Micro-averaged precision and recall at one threshold for all categories."""

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Pairs of paper and category of like probability: their mean probability and their share of positives."""

    probability: float
    positives: float
    pairs: int


def operating_points(targets: NDArray[np.generic], probabilities: NDArray[np.floating]) -> tuple[OperatingPoint, ...]:
    """A point for each threshold from 0.01 to 0.99 at which anything is predicted."""
    predicted = np.zeros(len(_THRESHOLDS) + 1, np.int64)
    found = np.zeros_like(predicted)
    for truth, column in zip(
        targets.T, probabilities.T, strict=True
    ):  # a column at a time: a bin is eight bytes a pair
        passed = np.searchsorted(_THRESHOLDS, column.astype(np.float64), side="right")
        predicted += np.bincount(passed, minlength=len(predicted))
        found += np.bincount(passed[truth.astype(np.bool_)], minlength=len(found))
    at_or_above, right = predicted[::-1].cumsum()[::-1][1:], found[::-1].cumsum()[::-1][1:]
    positives = max(int(found.sum()), 1)
    return tuple(
        OperatingPoint(float(threshold), int(hits) / int(count), int(hits) / positives)
        for threshold, count, hits in zip(_THRESHOLDS, at_or_above, right, strict=True)
        if count
    )


def reliability_bins(targets: NDArray[np.generic], probabilities: NDArray[np.floating]) -> tuple[ReliabilityBin, ...]:
    """The bins that hold a pair, of 15 of equal width, over all categories together."""
    pairs = np.zeros(BINS, np.int64)
    sums, positives = np.zeros(BINS), np.zeros(BINS)
    for truth, column in zip(targets.T, probabilities.T, strict=True):
        bins = np.minimum((column * BINS).astype(np.intp), BINS - 1)
        pairs += np.bincount(bins, minlength=BINS)
        sums += np.bincount(bins, weights=column, minlength=BINS)
        positives += np.bincount(bins, weights=truth.astype(np.float64), minlength=BINS)
    return tuple(
        ReliabilityBin(float(total / count), float(share / count), int(count))
        for count, total, share in zip(pairs, sums, positives, strict=True)
        if count
    )
