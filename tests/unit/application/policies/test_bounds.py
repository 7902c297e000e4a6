"""Bounds of shares over papers."""

import numpy as np
import pytest

from application.metrics.intervals import wilson
from application.policies.bounds import mean_bounds, share_bounds


def test_single_decisions_have_wilsons_interval() -> None:
    """With one decision per paper, the interval is that of the share."""
    right = np.repeat([1.0, 0.0], [70, 30])
    found, known = share_bounds(right, np.ones(100)), wilson(70, 100)
    assert found == pytest.approx((known.value, known.low, known.high))


def test_all_right_is_not_certain() -> None:
    """Ten right decisions of ten have the lower bound of Wilson, not 1."""
    assert share_bounds(np.ones(10), np.ones(10))[1] == pytest.approx(wilson(10, 10).low)


def test_categories_of_one_paper_are_one_observation() -> None:
    """Five categories that are right or wrong together widen the interval as a fifth of the decisions would."""
    together = share_bounds(5 * np.repeat([1.0, 0.0], [70, 30]), np.full(100, 5.0))
    assert together == pytest.approx(share_bounds(np.repeat([1.0, 0.0], [70, 30]), np.ones(100)))


def test_the_bounds_hold_the_share_as_often_as_they_say() -> None:
    """Of 400 samples of papers with several decisions, the true share exceeds the upper bound in 0.5 to 6 %."""
    random = np.random.default_rng(0)
    outside = 0
    for _ in range(400):
        wholes = random.integers(0, 4, 300).astype(float)
        chance = random.beta(8, 2, 300)
        parts = random.binomial(wholes.astype(int), chance).astype(float)
        outside += share_bounds(parts, wholes)[2] < 0.8
    assert 2 <= outside <= 24


def test_nothing_decided_is_any_share() -> None:
    """Without a decision the interval is from 0 to 1."""
    assert share_bounds(np.zeros(5), np.zeros(5)) == (0.0, 0.0, 1.0)


def test_a_mean_has_the_normal_interval() -> None:
    """Twice as many papers of the same values narrow it by the root of two."""
    values = np.array([0.0, 1.0, 2.0, 1.0])
    mean, low, high = mean_bounds(np.tile(values, 25))
    assert mean == 1.0
    _, lower, _ = mean_bounds(np.tile(values, 50))
    assert (mean - low) / (mean - lower) == pytest.approx(np.sqrt(2))
    assert high - mean == pytest.approx(mean - low)
