"""Which form of calibration validation papers are enough for: none, Platt scaling, or Platt scaling with mixing."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from application.calibration.matrix_scaling import with_mixing
from application.calibration.platt_scaling import calibrate, fit_calibration
from application.papers.sample_weights import Weights, effective_papers, mean
from domain.calibration import Calibration

_FOLDS = 4
_LEAST_PAPERS = 20
# Mixing fits every label to all others, whose cost grows with the fourth power of their number.
_MOST_MIXED = 200

Fit = Callable[[NDArray[np.generic], NDArray[np.float32], Weights], Calibration]


def choose_calibration(
    targets: NDArray[np.generic],
    probabilities: NDArray[np.float32],
    papers: NDArray[np.intp],
    weights: Weights = None,
) -> tuple[Fit, NDArray[np.float32]]:
    """The form that makes the true categories of papers it did not see most probable, and what it makes of them.

    Few papers do not tell a crooked model from chance: with 1,000, Platt scaling of the shipped baseline predicts new
    papers worse than no calibration, and mixing worse again. So a richer form takes a simpler one's place only where
    its mean gain a paper is more than a standard error, and never with fewer than 20 papers. `papers` numbers the paper
    that each row is of. With `weights`, one for each row and the same for all of a paper, papers count by them: the
    standard error is that of a weighted mean, and papers are worth as many as equal weights would be. More than
    200 labels are not mixed.
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
    """What fits a calibration of the same form to other papers."""
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
    """Calibrated probabilities of each row by a calibration that did not see its paper.

    Thresholds tuned on these are not too sure of themselves. A lone paper has no others to be calibrated by.
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
    """Whether the mean gain is more than its standard error, with enough papers to know both."""
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
    """Of each row."""
    held = np.clip(probabilities.astype(np.float64), 1e-7, 1 - 1e-7)
    losses: NDArray[np.float64] = -np.where(targets, np.log(held), np.log1p(-held)).mean(axis=1)
    return losses


def _by_paper(values: NDArray[np.float64], papers: NDArray[np.intp]) -> NDArray[np.float64]:
    """The mean of each paper's rows, whose errors are alike."""
    rows = np.bincount(papers)
    return np.bincount(papers, values)[rows > 0] / rows[rows > 0]
