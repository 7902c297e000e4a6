"""A threshold per category for macro F1, drawn to the common one where a category is rare, by cross-validation."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from application.calibration.threshold_tuning import tune_category_thresholds, tune_global_threshold
from application.papers.sample_weights import Weights
from application.policies.likely_pairs import logits_of

Floats = NDArray[np.float64]
_FOLDS = 3
# How far a category with many papers goes from the common threshold to its own best one, and with how many papers a
# category goes half of that.
_WAYS = (0.25, 0.5, 0.75, 1.0)
_HALVES = (5.0, 25.0, 100.0, 400.0)
_STAY = (0.0, 1.0)
_MARGIN = 1e-4


def own_thresholds(
    targets: NDArray[np.bool_], probabilities: NDArray[np.floating], weights: Weights = None, *, seed: int = 0
) -> tuple[float, tuple[float, ...]]:
    """Returns the common threshold with the highest micro F1, and the thresholds of the categories in column order.

    A category's threshold lies between the common one and the one with its highest F1, on the logit scale. It goes
    `way * n / (n + half)` of this, where n is its number of papers. Of several `way` and `half`, and of staying at the
    common threshold, those are taken whose thresholds have the highest macro F1 on papers that they did not see. A
    category without papers stays at the common threshold. With `weights`, papers count by them.
    """
    common, starts, ends, positives = _both(targets, probabilities, weights)
    way, half = _chosen(targets, probabilities, weights, seed)
    return common, tuple(_between(starts, ends, positives, way, half).tolist())


def _both(
    targets: NDArray[np.bool_], probabilities: NDArray[np.floating], weights: Weights
) -> tuple[float, Floats, Floats, Floats]:
    common = tune_global_threshold(targets, probabilities, weights)
    own = tune_category_thresholds(targets, probabilities, minimum_positives=1, weights=weights)
    positives = (targets.sum(axis=0) if weights is None else weights @ targets).astype(np.float64)
    ends = np.where(positives > 0, own, common)
    return common, _logits(np.full(len(own), common)), _logits(ends), positives


def _chosen(
    targets: NDArray[np.bool_], probabilities: NDArray[np.floating], weights: Weights, seed: int
) -> tuple[float, float]:
    tried = [_STAY, *product(_WAYS, _HALVES)]
    sums = np.zeros((len(tried), 3, targets.shape[1]))
    folds = np.random.default_rng(seed).permutation(len(targets)) % _FOLDS
    for fold in range(_FOLDS):
        inside = folds == fold
        if not inside.any() or inside.all():
            continue
        seen = None if weights is None else weights[~inside]
        _, starts, ends, positives = _both(targets[~inside], probabilities[~inside], seen)
        for number, (way, half) in enumerate(tried):
            cuts = _between(starts, ends, positives, way, half)
            sums[number] += _counted(targets[inside], probabilities[inside], cuts, _rows(weights, inside))
    right, given, actual = sums[:, 0], sums[:, 1], sums[:, 2]
    known = actual[0] > 0
    f1 = (2 * right / np.maximum(given + actual, 1e-300))[:, known].mean(axis=1) if known.any() else np.zeros(1)
    return tried[int(f1.argmax())]


def _rows(weights: Weights, inside: NDArray[np.bool_]) -> Weights:
    return None if weights is None else weights[inside]


def _counted(targets: NDArray[np.bool_], probabilities: NDArray[np.floating], cuts: Floats, weights: Weights) -> Floats:
    given = probabilities >= cuts
    counts = np.ones(len(targets)) if weights is None else weights
    return np.stack([counts @ (given & targets), counts @ given, counts @ targets])


def _between(starts: Floats, ends: Floats, positives: Floats, way: float, half: float) -> Floats:
    part = way * positives / (positives + half)
    found: Floats = 1 / (1 + np.exp(-(starts + part * (ends - starts))))
    return found


def _logits(thresholds: NDArray[np.float64] | tuple[float, ...]) -> Floats:
    return logits_of(np.clip(np.asarray(thresholds, np.float64), _MARGIN, 1 - _MARGIN))
