"""Thresholds of single categories, from calibrated probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.calibration.category_thresholds import category_thresholds


def calibrated(rates: list[float], papers: int = 4000, seed: int = 0) -> np.ndarray:
    """Probabilities whose columns have those means."""
    random = np.random.default_rng(seed)
    return np.column_stack([random.beta(2 * rate, 2 * (1 - rate), papers) for rate in rates]).astype(np.float32)


def test_a_rare_category_gets_a_lower_threshold_than_a_frequent_one() -> None:
    """The common threshold is left for the category's own by at most half of the way."""
    rare, frequent = category_thresholds(calibrated([0.03, 0.6]), 0.4)
    assert rare < 0.4 < 0.5
    assert rare < frequent


def test_macro_f1_rises_and_micro_f1_stays() -> None:
    """On targets drawn from the probabilities, the thresholds are worth more to macro F1 than the common one."""
    probabilities = calibrated([0.01, 0.02, 0.05, 0.3, 0.5], 40_000)
    targets = np.random.default_rng(1).random(probabilities.shape) < probabilities
    common = 0.42

    def f1(cuts: object) -> tuple[float, float]:
        chosen = probabilities >= np.asarray(cuts)
        hits, taken, true = (chosen & targets).sum(0), chosen.sum(0), targets.sum(0)
        return 2 * hits.sum() / (taken.sum() + true.sum()), float((2 * hits / (taken + true)).mean())

    micro, macro = f1(common)
    own_micro, own_macro = f1(category_thresholds(probabilities, common))
    assert own_macro > macro + 0.005
    assert own_micro > micro - 0.002


def test_few_expected_positives_change_little() -> None:
    """A category of which hardly a paper is expected keeps the common threshold to within a hundredth."""
    few = np.full((20, 1), 0.01, np.float32)
    assert category_thresholds(few, 0.4) == pytest.approx((0.4,), abs=0.01)


@pytest.mark.parametrize("probabilities", [np.zeros((5, 2), np.float32), np.zeros((0, 2), np.float32)])
def test_without_anything_expected_the_common_threshold_holds(probabilities: np.ndarray) -> None:
    """Neither no papers nor probabilities of 0 give a threshold of their own."""
    assert category_thresholds(probabilities, 0.4) == pytest.approx((0.4, 0.4))


@given(st.integers(0, 1000), st.lists(st.integers(0, 3), min_size=12, max_size=12).filter(any))
def test_integer_weights_equal_repetition(seed: int, times: list[int]) -> None:
    """A paper of weight 2 counts as two papers, one of weight 0 as none."""
    probabilities = np.random.default_rng(seed).random((12, 3)).astype(np.float32)
    weighted = category_thresholds(probabilities, 0.4, np.array(times, float))
    assert weighted == pytest.approx(category_thresholds(np.repeat(probabilities, times, axis=0), 0.4), rel=1e-6)


@given(st.integers(0, 1000), st.floats(0.001, 0.999))
def test_each_lies_between_the_common_and_the_category_s_own(seed: int, common: float) -> None:
    """No threshold leaves (0, 1), and the papers' order does not matter."""
    probabilities = np.random.default_rng(seed).random((30, 2)).astype(np.float32)
    found = category_thresholds(probabilities, common)
    assert all(0 < cut < 1 for cut in found)
    assert found == pytest.approx(category_thresholds(probabilities[::-1], common))
