"""Intervals of distances hold what they promise."""

import numpy as np

from application.drift.distances import psi
from application.drift.resampling import corrected, drawn_weights


def estimates(first: list[float], second: list[float], papers: int, runs: int) -> list[tuple[float, float, float]]:
    """PSI with its interval, of samples from two distributions over ten bins."""
    found = []
    for run in range(runs):
        chance = np.random.default_rng(run)
        sides = []
        for shares in (first, second):
            bins = np.eye(10)[chance.choice(10, papers, p=shares)]
            sides.append((drawn_weights(papers, chance) @ bins).astype(float))
        estimate = corrected(psi(*sides))
        found.append((estimate.value, estimate.low, estimate.high))
    return found


def test_equal_populations_are_at_distance_zero() -> None:
    """Samples of one population are nearly never surely apart, though their raw distance is never 0."""
    found = estimates([0.1] * 10, [0.1] * 10, 400, 40)
    assert sum(low > 0.005 for _, low, _ in found) <= 3
    assert np.mean([value for value, _, _ in found]) < 0.02


def test_the_interval_holds_the_true_distance() -> None:
    """The PSI of two known distributions is inside in most of 40 cases, and hardly biased."""
    first, second = [0.1] * 10, [0.05] * 5 + [0.15] * 5
    true = 2 * 5 * 0.05 * abs(np.log(0.15 / 0.1)) / 2 + 5 * 0.05 * abs(np.log(0.05 / 0.1))
    found = estimates(first, second, 400, 40)
    assert sum(low <= true <= high for _, low, high in found) >= 33
    assert abs(np.mean([value for value, _, _ in found]) - true) < 0.03


def test_without_resamples_the_value_stands_alone() -> None:
    """A single value is its own interval."""
    estimate = corrected(np.array([0.3]))
    assert (estimate.value, estimate.low, estimate.high) == (0.3, 0.3, 0.3)
