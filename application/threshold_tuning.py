"""Thresholds that maximise F1 on validation, found by sorting and not by trying a grid."""

import numpy as np
from numpy.typing import NDArray

MINIMUM_POSITIVES = 25
UNTUNED = 0.5


def tune_global_threshold(targets: NDArray[np.generic], probabilities: NDArray[np.floating]) -> float:
    """The threshold with the highest micro F1 that any threshold reaches; 0.5 where there are no positives.

    It lies midway between two neighbouring probabilities, so that rounding in the last place moves no paper. Of equal
    maxima the highest threshold is taken.
    """
    return _best_threshold(targets.reshape(-1).astype(np.bool_, copy=False), probabilities.reshape(-1))


def tune_category_thresholds(
    targets: NDArray[np.generic],
    probabilities: NDArray[np.floating],
    *,
    minimum_positives: int = MINIMUM_POSITIVES,
) -> tuple[float, ...]:
    """The thresholds, in column order, that maximise each category's F1 and so macro F1.

    A category with fewer than `minimum_positives` positives takes the global threshold: the maximum of so few says
    more of their noise than of the category.
    """
    truth = targets.astype(np.bool_, copy=False)
    common = tune_global_threshold(truth, probabilities)
    enough = truth.sum(axis=0) >= max(minimum_positives, 1)
    return tuple(
        _best_threshold(np.ascontiguousarray(truth[:, c]), np.ascontiguousarray(probabilities[:, c]))
        if enough[c]
        else common
        for c in range(truth.shape[1])
    )


def _best_threshold(targets: NDArray[np.bool_], scores: NDArray[np.floating]) -> float:
    # Between two positives a lower threshold only adds mistakes, so some positive's score reaches the maximum.
    ordered, positives = np.sort(scores), np.sort(scores[targets])
    if not positives.size:
        return UNTUNED
    hits = positives.size - np.searchsorted(positives, positives, side="left")
    below = np.searchsorted(ordered, positives, side="left")
    f1 = 2 * hits / (ordered.size - below + positives.size)
    best = positives.size - 1 - int(np.argmax(f1[::-1]))
    lower = float(ordered[below[best] - 1]) if below[best] else 0.0
    return _between(lower, float(positives[best]))


def _between(lower: float, upper: float) -> float:
    middle = lower + (upper - lower) / 2
    return middle if middle > lower else upper
