"""Which form of calibration validation papers are enough for: none, Platt scaling, or Platt scaling with mixing."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from application.calibration import calibrate, fit_calibration
from application.category_mixing import with_mixing
from domain.calibration import Calibration

_FOLDS = 4

Fit = Callable[[NDArray[np.generic], NDArray[np.float32]], Calibration]


def choose_calibration(
    targets: NDArray[np.generic], probabilities: NDArray[np.float32], papers: NDArray[np.intp]
) -> tuple[Fit, NDArray[np.float32]]:
    """The form that makes the true categories of papers it did not see most probable, and what it makes of them.

    Few papers do not tell a crooked model from chance: with 1,000, Platt scaling of the shipped baseline predicts new
    papers worse than no calibration, and mixing worse again. The simpler form is taken where two are equal.
    `papers` numbers the paper that each row is of.
    """
    found = [(fit, out_of_fold(targets, probabilities, papers, fit)) for fit in (_none, fit_calibration, _mixed)]
    return min(found, key=lambda form: _log_loss(targets, form[1]))


def out_of_fold(
    targets: NDArray[np.generic], probabilities: NDArray[np.float32], papers: NDArray[np.intp], fit: Fit
) -> NDArray[np.float32]:
    """Calibrated probabilities of each row by a calibration that did not see its paper.

    Thresholds tuned on these are not too sure of themselves. A lone paper has no others to be calibrated by.
    """
    calibrated = probabilities.copy()
    for inside in _folds(papers):
        fitted = fit(targets[~inside], probabilities[~inside])
        calibrated[inside] = calibrate(
            probabilities[inside],
            np.array(fitted.slopes, np.float32),
            np.array(fitted.intercepts, np.float32),
            np.array(fitted.mixing, np.float32).T if fitted.mixing else None,
        )
    return calibrated


def _folds(papers: NDArray[np.intp]) -> Iterator[NDArray[np.bool_]]:
    for fold in range(_FOLDS):
        inside = papers % _FOLDS == fold
        if inside.any() and not inside.all():
            yield inside


def _none(targets: NDArray[np.generic], probabilities: NDArray[np.float32]) -> Calibration:
    columns = probabilities.shape[1]
    return Calibration((1.0,) * columns, (0.0,) * columns)


def _mixed(targets: NDArray[np.generic], probabilities: NDArray[np.float32]) -> Calibration:
    return with_mixing(targets, probabilities, fit_calibration(targets, probabilities))


def _log_loss(targets: NDArray[np.generic], probabilities: NDArray[np.float32]) -> float:
    held = np.clip(probabilities.astype(np.float64), 1e-7, 1 - 1e-7)
    return float(-np.where(targets, np.log(held), np.log1p(-held)).mean())
