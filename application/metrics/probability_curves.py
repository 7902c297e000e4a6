"""Precision and recall at every threshold, and reliability."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.metrics.calibration_error import BINS
from application.papers.sample_weights import Weights, weighted

_THRESHOLDS = np.arange(1, 100) / 100


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Micro-averaged precision and recall at one threshold for all categories."""

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """The pairs of paper and category with similar probability: their mean probability and share of positives.

    `pairs` is their number, or the sum of their weights.
    """

    probability: float
    positives: float
    pairs: float


def operating_points(
    targets: NDArray[np.generic], probabilities: NDArray[np.floating], weights: Weights = None
) -> tuple[OperatingPoint, ...]:
    """Returns a point for each threshold from 0.01 to 0.99 at which anything is predicted.

    With `weights`, papers count by them.
    """
    predicted = np.zeros(len(_THRESHOLDS) + 1, np.int64 if weights is None else np.float64)
    found = np.zeros_like(predicted)
    for truth, column in zip(
        targets.T, probabilities.T, strict=True
    ):  # a column at a time: a bin is eight bytes a pair
        passed = np.searchsorted(_THRESHOLDS, column.astype(np.float64), side="right")
        true = truth.astype(np.bool_)
        predicted += np.bincount(passed, weights, len(predicted))
        found += np.bincount(passed[true], None if weights is None else weights[true], len(found))
    at_or_above, right = predicted[::-1].cumsum()[::-1][1:], found[::-1].cumsum()[::-1][1:]
    positives = found.sum() or 1
    return tuple(
        OperatingPoint(float(threshold), float(hits / count), float(hits / positives))
        for threshold, count, hits in zip(_THRESHOLDS, at_or_above, right, strict=True)
        if count
    )


def reliability_bins(
    targets: NDArray[np.generic], probabilities: NDArray[np.floating], weights: Weights = None
) -> tuple[ReliabilityBin, ...]:
    """Returns the non-empty bins among 15 of equal width, over all categories together.

    With `weights`, papers count by them.
    """
    pairs = np.zeros(BINS, np.int64 if weights is None else np.float64)
    sums, positives = np.zeros(BINS), np.zeros(BINS)
    for truth, column in zip(targets.T, probabilities.T, strict=True):
        bins = np.minimum((column * BINS).astype(np.intp), BINS - 1)
        pairs += np.bincount(bins, weights, BINS)
        sums += np.bincount(bins, weighted(column, weights), BINS)
        positives += np.bincount(bins, weighted(truth.astype(np.float64), weights), BINS)
    return tuple(
        ReliabilityBin(float(total / count), float(share / count), count.item())
        for count, total, share in zip(pairs, sums, positives, strict=True)
        if count
    )
