"""The difference between probabilities and observed frequencies."""

from math import fsum

import numpy as np
from numpy.typing import NDArray

from application.papers.sample_weights import Weights, pooled, weighted

BINS = 15
# From which probability on a pair of paper and category counts as likely.
LIKELY = 0.05


def expected_calibration_error(
    targets: NDArray[np.bool_], probabilities: NDArray[np.floating], weights: Weights = None
) -> float:
    """Returns the classwise ECE in 15 equal-width bins (Guo et al. 2017; classwise: Kull et al. 2019).

    Within a category, papers are binned by probability, [i/15, (i+1)/15). The category's error is the mean over papers
    of their bin's |mean probability - share of positives|. The result is the mean over all categories. In a category
    without positives every probability above zero is an error.
    With `weights`, papers count by them. The result is 0 without papers, or if all weights are 0.
    """
    if not targets.size:
        return 0.0
    pairs = zip(targets.T, probabilities.T, strict=True)
    papers = len(targets) if weights is None else float(weights.sum())
    return fsum(_gap(truth, column, weights) for truth, column in pairs) / float((papers or 1.0) * targets.shape[1])


def likely_calibration_error(
    targets: NDArray[np.bool_], probabilities: NDArray[np.floating], weights: Weights = None
) -> float:
    """ECE of all pairs of paper and category with a probability of at least .05, in 15 bins of equal mass.

    A paper has few likely categories, so the many pairs near 0 do not hide the error of these. Within a bin the error
    is |mean probability - share of positives|; the result is the mean over bins. A pair on the edge of two bins counts
    in both by its parts. With `weights`, pairs count by their paper's. It is 0 without such pairs.
    """
    likely = probabilities >= LIKELY
    values, place = np.unique(probabilities[likely].astype(np.float64), return_inverse=True)
    sizes = pooled(weights, targets.shape[1])
    mass = np.bincount(place, None if sizes is None else sizes[likely.reshape(-1)], len(values)).astype(np.float64)
    if not mass.any():
        return 0.0
    pairs = targets[likely].astype(np.float64)
    positives = np.bincount(place, pairs if sizes is None else pairs * sizes[likely.reshape(-1)], len(values))
    ends, excess = _cumulated(mass), _cumulated(values * mass - positives)
    edges = np.linspace(0.0, ends[-1], BINS + 1)
    return float(np.abs(np.diff(np.interp(edges, ends, excess))).sum() / ends[-1])


def _cumulated(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate(([0.0], np.cumsum(parts)))


def _gap(truth: NDArray[np.bool_], column: NDArray[np.floating], weights: Weights) -> float:
    bins = np.minimum((column * BINS).astype(np.intp), BINS - 1)
    return float(np.abs(np.bincount(bins, weights=weighted(column - truth, weights))).sum())
