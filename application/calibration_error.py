"""How far probabilities are from the frequencies they promise."""

from math import fsum

import numpy as np
from numpy.typing import NDArray

BINS = 15


def expected_calibration_error(targets: NDArray[np.bool_], probabilities: NDArray[np.floating]) -> float:
    """Classwise ECE in 15 equal-width bins (Guo et al. 2017; classwise: Kull et al. 2019).

    Within a category, papers are binned by probability, [i/15, (i+1)/15); its error is the mean over papers of their
    bin's |mean probability - share of positives|. The result is the mean over all categories, those without positives
    included: there every probability above zero is an error. It is 0 without papers.
    """
    if not targets.size:
        return 0.0
    pairs = zip(targets.T, probabilities.T, strict=True)
    return fsum(_gap(truth, column) for truth, column in pairs) / targets.size


def _gap(truth: NDArray[np.bool_], column: NDArray[np.floating]) -> float:
    bins = np.minimum((column * BINS).astype(np.intp), BINS - 1)
    return float(np.abs(np.bincount(bins, weights=column - truth)).sum())
