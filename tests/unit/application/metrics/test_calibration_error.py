"""Expected calibration error."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.metrics.calibration_error import BINS, LIKELY, expected_calibration_error, likely_calibration_error
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
    """Any probability for a category without papers is an error."""
    targets, probabilities = np.zeros((4, 1), np.bool_), np.full((4, 1), 0.25, np.float32)
    assert expected_calibration_error(targets, probabilities) == pytest.approx(0.25)


@given(st.integers(1, 9), st.integers(1, 4), st.randoms(use_true_random=False))
def test_likely_pairs_fall_into_bins_of_equal_mass(each: int, columns: int, random: Random) -> None:
    """The error of likely pairs is numpy's mean gap over the pairs, sorted and split into 15 equal parts."""
    papers = BINS * each
    ranks = random.sample(range(papers * columns), papers * columns)
    probabilities = (LIKELY + np.array(ranks) / (2 * papers * columns)).reshape(papers, columns)
    targets = np.array([random.random() < 0.4 for _ in ranks]).reshape(papers, columns)
    order = probabilities.reshape(-1).argsort()
    parts = zip(*(np.split(table.reshape(-1)[order], BINS) for table in (probabilities, targets)), strict=True)
    expected = np.mean([abs(part.mean() - truth.mean()) for part, truth in parts])
    unlikely = np.full((papers, columns), 0.049)  # which count for nothing, right or wrong
    found = likely_calibration_error(np.concatenate([targets, targets]), np.concatenate([probabilities, unlikely]))
    assert found == pytest.approx(expected, abs=1e-9)


@given(scored(), st.data())
def test_likely_pairs_count_by_their_weights(case: Scored, data: st.DataObject) -> None:
    """Weights of whole numbers give what papers repeated so often give."""
    targets, probabilities = case
    times = np.array(data.draw(st.lists(st.integers(0, 3), min_size=len(targets), max_size=len(targets))))
    repeated = np.repeat(np.arange(len(targets)), times)
    found = likely_calibration_error(targets, probabilities, times.astype(np.float64))
    assert found == pytest.approx(likely_calibration_error(targets[repeated], probabilities[repeated]), abs=1e-9)


def test_likely_pairs_that_are_wrong_have_all_error() -> None:
    """Certainty that is wrong has an error of 1, and none where no pair is likely."""
    targets = np.array([[True, False], [False, True]])
    assert likely_calibration_error(targets, (~targets).astype(np.float32)) == 1.0
    assert likely_calibration_error(targets, np.full((2, 2), 0.04, np.float32)) == 0.0


def _gap(targets: np.ndarray, probabilities: np.ndarray, bins: np.ndarray) -> float:
    true, predicted = oracle.calibration_curve(targets, probabilities, n_bins=BINS, strategy="uniform", pos_label=True)
    papers = np.bincount(bins, minlength=BINS)
    return float(np.abs(true - predicted) @ papers[papers > 0] / papers.sum())
