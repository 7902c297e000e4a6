"""Intervals of distances by the bootstrap, corrected for what chance alone adds to a distance."""

import numpy as np
from numpy.typing import NDArray

from application.metrics.intervals import Estimate

Floats = NDArray[np.float64]

DRAWS = 200
_PERCENTILES = (2.5, 97.5)


def drawn_weights(papers: int, chance: np.random.Generator, draws: int = DRAWS) -> NDArray[np.float32]:
    """Returns how often each paper is drawn in each resample, shape (draws + 1, papers). The first row is all ones.

    Numbers of draws are independent (Poisson), which differs little from drawing with replacement and is linear.
    """
    weights = chance.poisson(1.0, (draws + 1, papers)).astype(np.float32)
    weights[0] = 1.0
    return weights


def corrected(values: Floats) -> Estimate:
    """Returns a distance with its 95 % interval, from its value (first) and its values in resamples.

    Two samples of one population are never at distance 0, and a resample doubles that excess. The value and the
    interval are corrected for it, down to 0 at most (Efron, Tibshirani, An Introduction to the Bootstrap, chapter 10).
    """
    value, resampled = float(values[0]), values[1:]
    if not len(resampled):
        return Estimate(value, value, value)
    excess = float(resampled.mean()) - value
    low, high = (float(bound) - 2 * excess for bound in np.percentile(resampled, _PERCENTILES))
    best = max(value - excess, 0.0)
    return Estimate(best, max(min(low, best), 0.0), max(high, best))
