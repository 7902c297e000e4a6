"""Thresholds that maximise F1 on validation papers, found exactly by sorting."""

import numpy as np
from numpy.typing import NDArray

from application.papers.sample_weights import Weights, pooled

MINIMUM_POSITIVES = 25
UNTUNED = 0.5


def tune_global_threshold(
    targets: NDArray[np.generic], probabilities: NDArray[np.floating], weights: Weights = None
) -> float:
    """Returns the threshold with the highest micro F1, or 0.5 if there are no positives.

    It lies midway between two neighbouring probabilities, so rounding errors change no prediction. Of several maxima
    the highest threshold is taken. With `weights`, papers count by them, and those of weight 0 are left out.
    """
    truth = targets.reshape(-1).astype(np.bool_, copy=False)
    return _best_threshold(truth, probabilities.reshape(-1), pooled(weights, targets.shape[1]))


def tune_category_thresholds(
    targets: NDArray[np.generic],
    probabilities: NDArray[np.floating],
    *,
    minimum_positives: int = MINIMUM_POSITIVES,
    weights: Weights = None,
) -> tuple[float, ...]:
    """Returns the thresholds, in column order, that maximise each category's F1 and so macro F1.

    A category with fewer than `minimum_positives` positives gets the global threshold, since its own maximum would be
    mostly noise. With `weights`, papers count by them.
    """
    truth = targets.astype(np.bool_, copy=False)
    common = tune_global_threshold(truth, probabilities, weights)
    positives = truth.sum(axis=0) if weights is None else weights @ truth
    enough = positives >= max(minimum_positives, 1)
    return tuple(
        _best_threshold(np.ascontiguousarray(truth[:, c]), np.ascontiguousarray(probabilities[:, c]), weights)
        if enough[c]
        else common
        for c in range(truth.shape[1])
    )


def _best_threshold(targets: NDArray[np.bool_], scores: NDArray[np.floating], weights: Weights) -> float:
    if weights is not None:
        return _best_weighted_threshold(targets[weights > 0], scores[weights > 0], weights[weights > 0])
    # Between two positives a lower threshold only adds mistakes, so the maximum lies at some positive's score.
    ordered, positives = np.sort(scores), np.sort(scores[targets])
    if not positives.size:
        return UNTUNED
    hits = positives.size - np.searchsorted(positives, positives, side="left")
    below = np.searchsorted(ordered, positives, side="left")
    f1 = 2 * hits / (ordered.size - below + positives.size)
    best = positives.size - 1 - int(np.argmax(f1[::-1]))
    lower = float(ordered[below[best] - 1]) if below[best] else 0.0
    return _between(lower, float(positives[best]))


def _best_weighted_threshold(
    targets: NDArray[np.bool_], scores: NDArray[np.floating], weights: NDArray[np.float64]
) -> float:
    order = np.argsort(scores)
    ordered, ascending, true = scores[order], weights[order], targets[order]
    positives = ordered[true]
    if not positives.size:
        return UNTUNED
    from_each = np.cumsum(ascending[::-1])[::-1]
    hits_from_each = np.cumsum((ascending * true)[::-1])[::-1]
    below = np.searchsorted(ordered, positives, side="left")
    f1 = 2 * hits_from_each[below] / (from_each[below] + hits_from_each[0])
    best = positives.size - 1 - int(np.argmax(f1[::-1]))
    lower = float(ordered[below[best] - 1]) if below[best] else 0.0
    return _between(lower, float(positives[best]))


def _between(lower: float, upper: float) -> float:
    middle = lower + (upper - lower) / 2
    return middle if middle > lower else upper
