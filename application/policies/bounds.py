"""Bounds of shares and means over papers, each of which has several categories."""

import numpy as np
from numpy.typing import NDArray

from application.papers.sample_weights import Weights, weighted

Floats = NDArray[np.float64]
_Z = 1.959963984540054  # of a two-sided 95 %


def share_bounds(parts: Floats, wholes: Floats, weights: Weights = None) -> tuple[float, float, float]:
    """Returns the share sum(parts) / sum(wholes) with the bounds of its 95 % interval.

    `parts` and `wholes` have one number per paper. A paper's categories are right or wrong together, so the interval is
    Wilson's (1927) for the number of independent decisions that has the variance of the ratio (Cochran 1977, linearised
    by paper). Without wholes the share is 0, with the interval from 0 to 1.
    """
    part, whole = weighted(parts, weights), weighted(wholes, weights)
    total = float(whole.sum())
    if total <= 0:
        return 0.0, 0.0, 1.0
    share = min(1.0, float(part.sum()) / total)
    variance = float(np.square(part - share * whole).sum()) / total**2
    trials = float(total**2 / max(np.square(whole).sum(), 1e-300)) if weights is not None else total
    if variance > 0 and 0 < share < 1:
        trials = min(trials, share * (1 - share) / variance)
    return share, *_wilson(share, trials)


def mean_bounds(values: Floats, weights: Weights = None) -> tuple[float, float, float]:
    """Returns the mean of one number per paper with the bounds of its 95 % interval, by the normal approximation."""
    counts = np.ones(len(values)) if weights is None else weights
    total = float(counts.sum())
    if total <= 0:
        return 0.0, 0.0, float("inf")
    mean = float(counts @ values) / total
    half = _Z * float(np.sqrt(np.square(counts * (values - mean)).sum())) / total
    return mean, max(0.0, mean - half), mean + half


def _wilson(share: float, trials: float) -> tuple[float, float]:
    middle = (share + _Z * _Z / (2 * trials)) / (1 + _Z * _Z / trials)
    root = np.sqrt(share * (1 - share) / trials + _Z * _Z / (4 * trials * trials))
    half = _Z / (1 + _Z * _Z / trials) * float(root)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))
