"""Papers drawn again, for bootstrap intervals (Efron 1979)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from application.metrics.intervals import Estimate
from application.papers.sample_weights import Weights

# Counts of drawn papers that are held at once, which bounds memory.
_CELLS = 4_000_000

Floats = NDArray[np.float64]


def resamples(papers: int, number: int, *, seed: int, weights: Weights = None) -> Iterator[Floats]:
    """Yields how much each paper counts in each resample, in parts of shape (papers, resamples).

    A resample draws as many papers as there are, with equal chances and with replacement. A paper counts as often as it
    is drawn, times its weight. The same number of papers and seed give the same resamples, so models are compared on
    equal ones, and a smaller number gives the first of them.
    """
    chance = np.random.default_rng(seed)
    most = max(1, _CELLS // max(papers, 1))
    for start in range(0, number if papers else 0, most):
        part = min(most, number - start)
        drawn = np.stack([np.bincount(chance.integers(0, papers, papers), minlength=papers) for _ in range(part)], 1)
        yield drawn.astype(np.float64) if weights is None else drawn * weights[:, None]


def interval(value: float, samples: NDArray[np.floating]) -> Estimate:
    """Returns a value with the 95 % percentile interval of its resamples. Without resamples it is from 0 to 1."""
    if not samples.size:
        return Estimate(value, 0.0, 1.0)
    low, high = np.percentile(samples, [2.5, 97.5]).tolist()
    return Estimate(value, low, high)
