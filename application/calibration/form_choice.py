"""Chooses the form of calibration that the papers support: none, Platt scaling, or Platt scaling with mixing."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from application.calibration.matrix_scaling import with_mixing
from application.calibration.platt_scaling import calibrate, fit_calibration
from application.papers.sample_weights import Weights, effective_papers, mean
from domain.calibration import Calibration

_FOLDS = 4
_LEAST_PAPERS = 20
# Mixing fits every label to all others. Its cost grows with the fourth power of their number.
_MOST_MIXED = 200

Fit = Callable[[NDArray[np.generic], NDArray[np.float32], Weights], Calibration]


def choose_calibration(
    targets: NDArray[np.generic],
    probabilities: NDArray[np.float32],
    papers: NDArray[np.intp],
    weights: Weights = None,
) -> tuple[Fit, NDArray[np.float32]]:
    """Returns the form with the lowest log loss on unseen papers, and the probabilities it gives them.

    Few papers do not show whether a model is miscalibrated. With 1,000 papers, Platt scaling of the shipped baseline
    predicts new papers worse than no calibration, and mixing is worse still. So a richer form replaces a simpler one
    only if its mean gain per paper exceeds a standard error and there are at least 20 papers. More than 200 labels are
    not mixed.
    `papers` has the number of each row's paper. `weights` has one number per row, equal for all rows of a paper. With
    weights, papers count by them, the standard error is that of a weighted mean, and the number of papers is the
    effective one.
    """
    chosen, found = _none, probabilities.copy()
    forms = (fit_calibration, _mixed) if probabilities.shape[1] <= _MOST_MIXED else (fit_calibration,)
    for fit in forms:
        calibrated = out_of_fold(targets, probabilities, papers, fit, weights)
        gains = _by_paper(_log_loss(targets, found) - _log_loss(targets, calibrated), papers)
        if _gain_is_sure(gains, None if weights is None else _by_paper(weights, papers)):
            chosen, found = fit, calibrated
    return chosen, found


def form_of(calibration: Calibration) -> Fit:
    """Returns the function that fits a calibration of the same form to other papers."""
    if calibration.mixing:
        return _mixed
    columns = len(calibration.slopes)
    return _none if calibration == _identity(columns) else fit_calibration


def out_of_fold(
    targets: NDArray[np.generic],
    probabilities: NDArray[np.float32],
    papers: NDArray[np.intp],
    fit: Fit,
    weights: Weights = None,
) -> NDArray[np.float32]:
    """Returns the probabilities of each row, calibrated without its paper.

    Thresholds tuned on these are not overconfident. A single paper stays uncalibrated.
    """
    calibrated = probabilities.copy()
    for inside in _folds(papers):
        fitted = fit(targets[~inside], probabilities[~inside], None if weights is None else weights[~inside])
        calibrated[inside] = calibrate(
            probabilities[inside],
            np.array(fitted.slopes, np.float32),
            np.array(fitted.intercepts, np.float32),
            np.array(fitted.mixing, np.float32).T if fitted.mixing else None,
        )
    return calibrated


def _gain_is_sure(gains: NDArray[np.float64], weights: Weights) -> bool:
    """Returns whether the mean gain exceeds its standard error, with enough papers to estimate both."""
    if weights is None:
        return bool(len(gains) >= _LEAST_PAPERS and gains.mean() > gains.std() / np.sqrt(len(gains) - 1))
    counted = weights > 0
    if effective_papers(weights) < _LEAST_PAPERS:
        return False
    center = mean(gains, weights)
    spread = np.sqrt(np.square(weights * (gains - center)).sum()) / weights.sum()  # linearised (Cochran 1977)
    return bool(center > spread * np.sqrt(counted.sum() / (counted.sum() - 1)))


def _folds(papers: NDArray[np.intp]) -> Iterator[NDArray[np.bool_]]:
    for fold in range(_FOLDS):
        inside = papers % _FOLDS == fold
        if inside.any() and not inside.all():
            yield inside


def _none(targets: NDArray[np.generic], probabilities: NDArray[np.float32], weights: Weights = None) -> Calibration:
    return _identity(probabilities.shape[1])


def _identity(columns: int) -> Calibration:
    return Calibration((1.0,) * columns, (0.0,) * columns)


def _mixed(targets: NDArray[np.generic], probabilities: NDArray[np.float32], weights: Weights = None) -> Calibration:
    return with_mixing(targets, probabilities, fit_calibration(targets, probabilities, weights), weights)


def _log_loss(targets: NDArray[np.generic], probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns the log loss of each row."""
    held = np.clip(probabilities.astype(np.float64), 1e-7, 1 - 1e-7)
    losses: NDArray[np.float64] = -np.where(targets, np.log(held), np.log1p(-held)).mean(axis=1)
    return losses


def _by_paper(values: NDArray[np.float64], papers: NDArray[np.intp]) -> NDArray[np.float64]:
    """Returns the mean of each paper's rows, whose errors are correlated."""
    rows = np.bincount(papers)
    return np.bincount(papers, values)[rows > 0] / rows[rows > 0]
