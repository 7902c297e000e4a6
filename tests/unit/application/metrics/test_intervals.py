"""Intervals of shares and of micro F1."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.metrics.decisions import Counts
from application.metrics.intervals import bootstrap_micro, wilson


@given(st.integers(0, 500), st.integers(0, 500))
def test_wilson_solves_its_equation(successes: int, failures: int) -> None:
    """Each bound is 1.96 standard errors, taken at the bound, from the share (Wilson 1927). All are within 0 and 1."""
    trials = successes + failures
    found = wilson(successes, trials)
    assert 0 <= found.low <= found.value <= found.high <= 1
    for bound in (found.low, found.high) if trials and successes and failures else ():
        assert abs(found.value - bound) == pytest.approx(1.959964 * (bound * (1 - bound) / trials) ** 0.5, abs=1e-5)


def test_wilson_as_published() -> None:
    """Eight of ten is .49 to .94; of nothing, nothing is known."""
    found = wilson(8, 10)
    assert (round(found.low, 3), round(found.high, 3)) == (0.490, 0.943)
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0.0, 1.0)


def test_bootstrap_covers_the_truth() -> None:
    """Of 40 samples of 200 papers, at least 35 intervals cover the micro F1 of all papers."""
    chance = np.random.default_rng(0)
    hits, missed, wrong = (chance.integers(0, 3, 5000) for _ in range(3))
    whole = 2 * hits.sum() / (2 * hits.sum() + missed.sum() + wrong.sum())
    covered = 0
    for _ in range(40):
        at = chance.integers(0, 5000, 200)
        found = bootstrap_micro(Counts(hits[at], (hits + wrong)[at], (hits + missed)[at]))["micro_f1"]
        covered += found.low <= whole <= found.high
    assert covered >= 35


def test_bootstrap_gives_the_sample_itself() -> None:
    """The values are those of the papers, whatever is resampled. The same seed gives the same interval."""
    counts = Counts(np.array([1, 0, 2]), np.array([2, 1, 2]), np.array([1, 1, 3]))
    found = bootstrap_micro(counts, seed=3)
    assert (found["micro_precision"].value, found["micro_recall"].value) == (0.6, 0.6)
    assert found == bootstrap_micro(counts, seed=3)
    assert bootstrap_micro(Counts(*(np.empty(0, np.intp),) * 3))["micro_f1"].high == 1.0
