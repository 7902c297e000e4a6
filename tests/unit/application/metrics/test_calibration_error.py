"""Expected calibration error."""

import numpy as np
import pytest
from hypothesis import given

from application.metrics.calibration_error import BINS, expected_calibration_error
from tests.lazily import lazily
from tests.strategies import Scored, scored

oracle = lazily("sklearn.calibration")


@given(scored())
def test_equals_scikit_learns_calibration_curve(case: Scored) -> None:
    """The error is scikit-learn's gap between both axes of the reliability curve, weighted by papers per bin."""
    targets = case[0]
    # Probabilities in the middle of bins: the two differ on which bin a boundary belongs to.
    bins = np.minimum((case[1] * BINS).astype(int), BINS - 1)
    probabilities = ((bins + 0.5) / BINS).astype(np.float32)
    expected = [_gap(targets[:, c], probabilities[:, c], bins[:, c]) for c in range(targets.shape[1])]
    assert expected_calibration_error(targets, probabilities) == pytest.approx(np.mean(expected), abs=1e-6)


def test_certainty_that_is_right_has_no_error() -> None:
    """Probabilities of exactly 0 and 1 that are always right are calibrated."""
    targets = np.array([[True, False], [False, True]])
    assert expected_calibration_error(targets, targets.astype(np.float32)) == 0.0


def test_certainty_that_is_wrong_has_all_error() -> None:
    """Probabilities of exactly 0 and 1 that are always wrong have an error of 1."""
    targets = np.array([[True, False], [False, True]])
    assert expected_calibration_error(targets, (~targets).astype(np.float32)) == 1.0


def test_category_without_positives_counts() -> None:
    """Any probability given to a category that nobody has is an error."""
    targets, probabilities = np.zeros((4, 1), np.bool_), np.full((4, 1), 0.25, np.float32)
    assert expected_calibration_error(targets, probabilities) == pytest.approx(0.25)


def _gap(targets: np.ndarray, probabilities: np.ndarray, bins: np.ndarray) -> float:
    true, predicted = oracle.calibration_curve(targets, probabilities, n_bins=BINS, strategy="uniform", pos_label=True)
    papers = np.bincount(bins, minlength=BINS)
    return float(np.abs(true - predicted) @ papers[papers > 0] / papers.sum())
