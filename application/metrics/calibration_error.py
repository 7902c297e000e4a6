"""The difference between probabilities and observed frequencies."""

from math import fsum

import numpy as np
from numpy.typing import NDArray

from application.papers.sample_weights import Weights, weighted

BINS = 15


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


def _gap(truth: NDArray[np.bool_], column: NDArray[np.floating], weights: Weights) -> float:
    bins = np.minimum((column * BINS).astype(np.intp), BINS - 1)
    return float(np.abs(np.bincount(bins, weights=weighted(column - truth, weights))).sum())
