"""Calibration by Platt scaling with optional mixing."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from application.models.composite import CompositeClassifier, Table
from application.papers.sample_weights import Weights, pooled, weighted
from domain.calibration import Calibration
from domain.ports.classifier import Classifier
from domain.taxonomy import Taxonomy

# Float32 probabilities closer to 0 or 1 than this have no exact logit.
_MARGIN = np.float32(1e-7)
# exp() of more than this overflows float32.
_MAX_LOGIT = np.float32(85)

Floats = NDArray[np.float64]
Line = tuple[float, float]

_IDENTITY: Line = (1.0, 0.0)
_LEAST_SLOPE = 0.05
# The inverse variances of the prior on slope and intercept, whose standard deviations are 0.25 and 0.5. Six pairs from
# (4, 1) to (256, 64) were fitted on each half of the validation papers. On the other half, the log loss of this pair is
# within 0.03 % of the best.
_PRECISION = np.array([16.0, 4.0])
_MAX_STEPS = 100
_TOLERANCE = 1e-9


class CalibratedClassifier(CompositeClassifier):
    """A classifier with calibrated probabilities, which are equal for a category and its alias."""

    def __init__(self, classifier: Classifier, calibration: Calibration) -> None:
        taxonomy = classifier.taxonomy
        if len(calibration.slopes) != len(taxonomy):
            raise ValueError(f"calibration of {len(calibration.slopes)} columns for {len(taxonomy)} categories")
        self._classifier = classifier
        self._slopes = np.array(calibration.slopes, np.float32)
        self._intercepts = np.array(calibration.intercepts, np.float32)
        self._mixing = np.array(calibration.mixing, np.float32).T.copy() if calibration.mixing else None
        self._twins = twins_of(taxonomy)

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._classifier.taxonomy

    @property
    @override
    def parts(self) -> Sequence[Classifier]:
        return (self._classifier,)

    @override
    def combined(self, tables: Sequence[Table]) -> Table:
        calibrated = calibrate(tables[0], self._slopes, self._intercepts, self._mixing)
        average_twins(calibrated, self._twins)
        return calibrated


def average_twins(probabilities: NDArray[np.float32], twins: NDArray[np.intp] | None) -> None:
    """Replaces each column by the mean of itself and its twin, in place. `twins` is None if there are none."""
    if twins is not None:
        # A column without a twin is averaged with itself, which leaves it exactly as it is.
        probabilities += probabilities.take(twins, axis=1)
        probabilities *= np.float32(0.5)


def calibrate(
    probabilities: NDArray[np.float32],
    slopes: NDArray[np.float32],
    intercepts: NDArray[np.float32],
    mixing: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Returns sigmoid(slope * logit(p) + intercept), with p clipped to 1e-7 and 1 - 1e-7.

    `mixing[j, i]` times the logit of column j is added to that of column i.
    """
    work = negated_logits(probabilities)
    mixed = None if mixing is None else work @ mixing
    work *= slopes
    if mixed is not None:
        work += mixed
    work -= intercepts
    np.clip(work, -_MAX_LOGIT, _MAX_LOGIT, out=work)
    np.exp(work, out=work)
    work += np.float32(1)
    return np.reciprocal(work, out=work)


def negated_logits(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns log((1 - p) / p), with p clipped to 1e-7 and 1 - 1e-7."""
    work = np.maximum(probabilities, _MARGIN)
    np.minimum(work, 1 - _MARGIN, out=work)
    np.divide(1 - work, work, out=work)
    return np.log(work, out=work)


def fit_calibration(
    targets: NDArray[np.generic], probabilities: NDArray[np.floating], weights: Weights = None
) -> Calibration:
    """Returns the Platt scaling of each column that minimises the log loss of validation papers (Platt 1999).

    First one line is fitted to all columns, with a normal prior around slope 1 and intercept 0. Then each column is
    fitted with a normal prior around that line (standard deviations 0.25 and 0.5). A column with few positives stays
    near the line. One without positives moves down only as far as its papers warrant.
    Both arrays have shape (papers, categories). With `weights`, papers count by them. A weight of 2 equals two papers.
    """
    truth = targets.astype(np.float64)
    logits = _logits(probabilities)
    common = _fit_line(logits.reshape(-1), truth.reshape(-1), _IDENTITY, pooled(weights, truth.shape[1]))
    lines = [_fit_line(x, y, common, weights) for x, y in zip(logits.T.copy(), truth.T.copy(), strict=True)]
    return Calibration(tuple(slope for slope, _ in lines), tuple(intercept for _, intercept in lines))


def _logits(probabilities: NDArray[np.floating]) -> Floats:
    held = np.clip(probabilities.astype(np.float64), float(_MARGIN), 1 - float(_MARGIN))
    return np.log(held / (1 - held))


def _fit_line(logits: Floats, targets: Floats, prior: Line, weights: Weights) -> Line:
    slope, intercept = _newton(logits, targets, prior, weights, start=prior)
    if slope >= _LEAST_SLOPE:
        return slope, intercept
    # The loss is convex, so if its minimum lies beyond the bound, the bounded minimum lies on the bound.
    return _newton(logits, targets, prior, weights, start=(_LEAST_SLOPE, intercept), slope_moves=False)


def _newton(
    logits: Floats, targets: Floats, prior: Line, weights: Weights, *, start: Line, slope_moves: bool = True
) -> Line:
    """Minimises the log loss plus the prior's penalty. A step that would raise them is halved until it does not."""
    line = np.array(start)
    cost = _cost(line, logits, targets, prior, weights)
    for _ in range(_MAX_STEPS):
        step = _newton_step(line, logits, targets, prior, weights, slope_moves=slope_moves)
        while float(np.abs(step).max()) > _TOLERANCE:
            moved = line - step
            moved_cost = _cost(moved, logits, targets, prior, weights)
            if moved_cost <= cost:
                break
            step = step / 2
        else:
            break
        line, cost = moved, moved_cost
    return float(line[0]), float(line[1])


def _newton_step(
    line: Floats, logits: Floats, targets: Floats, prior: Line, weights: Weights, *, slope_moves: bool
) -> Floats:
    p = (1 + np.tanh((line[0] * logits + line[1]) / 2)) / 2
    errors, curvature = weighted(p - targets, weights), weighted(p * (1 - p), weights)
    gradient = np.array([errors @ logits, errors.sum()]) + _PRECISION * (line - prior)
    across = float(curvature @ logits)
    hessian = np.array([[curvature @ logits**2, across], [across, curvature.sum()]]) + np.diag(_PRECISION)
    if not slope_moves:
        return np.array([0.0, gradient[1] / hessian[1, 1]])
    return np.linalg.solve(hessian, gradient)


def _cost(line: Floats, logits: Floats, targets: Floats, prior: Line, weights: Weights) -> float:
    z = line[0] * logits + line[1]
    log_loss = weighted(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))) - targets * z, weights)
    return float(log_loss.sum() + _PRECISION @ (line - prior) ** 2 / 2)


def twins_of(taxonomy: Taxonomy) -> NDArray[np.intp] | None:
    """Returns the column of each column's alias, or its own column. Returns None if no category has an alias."""
    pairs = taxonomy.alias_pairs()
    twins = np.arange(len(taxonomy))
    for left, right in pairs:
        twins[left], twins[right] = right, left
    return twins if pairs else None
