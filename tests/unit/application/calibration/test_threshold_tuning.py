"""Threshold tuning, with every possible threshold tried as the oracle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.calibration.threshold_tuning import UNTUNED, tune_category_thresholds, tune_global_threshold
from tests.strategies import Scored, scored


@given(scored())
def test_no_threshold_reaches_a_higher_micro_f1(case: Scored) -> None:
    """The tuned threshold's micro F1 is the highest of all that exist."""
    targets, probabilities = case
    tuned = tune_global_threshold(targets, probabilities)
    best = max(_f1(targets, probabilities, float(t)) for t in [*np.unique(probabilities), 1.1])
    assert _f1(targets, probabilities, tuned) == pytest.approx(best)


@given(scored())
def test_no_threshold_reaches_a_higher_f1_of_a_category(case: Scored) -> None:
    """Each category with enough positives has the threshold of its own highest F1."""
    targets, probabilities = case
    tuned = tune_category_thresholds(targets, probabilities, minimum_positives=1)
    for column in np.flatnonzero(targets.any(axis=0)):
        truth, scores = targets[:, [column]], probabilities[:, [column]]
        best = max(_f1(truth, scores, float(t)) for t in np.unique(scores))
        assert _f1(truth, scores, tuned[column]) == pytest.approx(best)


@given(scored(), st.integers(0, 9))
def test_rare_categories_take_the_global_threshold(case: Scored, minimum: int) -> None:
    """A category with fewer positives than asked for, or none, is not tuned on its own."""
    targets, probabilities = case
    tuned = tune_category_thresholds(targets, probabilities, minimum_positives=minimum)
    rare = targets.sum(axis=0) < max(minimum, 1)
    assert len(tuned) == targets.shape[1]
    assert {tuned[c] for c in np.flatnonzero(rare)} <= {tune_global_threshold(targets, probabilities)}


@given(scored(), st.randoms(use_true_random=False))
def test_the_order_of_papers_changes_nothing(case: Scored, random) -> None:  # type: ignore[no-untyped-def]  # hypothesis has no public type for it
    """Thresholds do not depend on the order of papers, and lie from 0 to 1."""
    targets, probabilities = case
    rows = list(range(len(targets)))
    random.shuffle(rows)
    tuned = (tune_global_threshold(*case), *tune_category_thresholds(*case, minimum_positives=1))
    shuffled = targets[rows], probabilities[rows]
    again = (tune_global_threshold(*shuffled), *tune_category_thresholds(*shuffled, minimum_positives=1))
    assert tuned == again
    assert all(0 <= threshold <= 1 for threshold in tuned)


def test_threshold_lies_midway_between_neighbours() -> None:
    """Rounding in the last place of a probability moves no paper over the threshold."""
    targets = np.array([[True], [True], [False]])
    probabilities = np.array([[0.9], [0.75], [0.25]], np.float32)
    assert tune_global_threshold(targets, probabilities) == pytest.approx(0.5)


def test_neighbouring_floats_are_kept_apart() -> None:
    """Two probabilities that nothing lies between are still told apart."""
    lower = np.float64(0.5)
    scores = np.array([[np.nextafter(lower, 1)], [lower]])
    tuned = tune_global_threshold(np.array([[True], [False]]), scores)
    assert (scores >= tuned).tolist() == [[True], [False]]


def test_without_positives_nothing_is_tuned() -> None:
    """If no threshold has an F1 above zero, the threshold is 0.5."""
    targets, probabilities = np.zeros((3, 2), np.uint8), np.full((3, 2), 0.9, np.float32)
    assert tune_global_threshold(targets, probabilities) == UNTUNED
    assert tune_category_thresholds(targets, probabilities) == (UNTUNED, UNTUNED)


def test_of_equal_maxima_the_highest_is_taken() -> None:
    """Between thresholds of equal F1, the one that predicts less wins."""
    # At 0.8: one hit of one predicted, 2/3; at 0.2: two hits of four, 4/6.
    targets = np.array([[True], [False], [False], [True]])
    probabilities = np.array([[0.75], [0.5], [0.5], [0.25]], np.float32)
    assert tune_global_threshold(targets, probabilities) == pytest.approx(0.625)


def _f1(targets: np.ndarray, probabilities: np.ndarray, threshold: float) -> float:
    passed = probabilities.astype(np.float64) >= threshold
    # By its definition: scikit-learn's function takes a millisecond, and every threshold of every example is tried.
    hits = int((targets.astype(bool) & passed).sum())
    return 2 * hits / max(1, int(targets.sum()) + int(passed.sum()))
