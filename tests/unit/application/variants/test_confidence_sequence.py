"""The sequential test: right however often it is looked at, and quick where there is a difference."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from application.variants.confidence_sequence import (
    Advice,
    differences,
    sequential_test,
)

ALPHA = 0.05
RUNS = 40


def pairs(papers: int, chance: np.random.Generator, *, better: float) -> NDArray[np.float64]:
    """Differences of two variants that disagree on every fifth paper, and of those `better` speak for the second."""
    sides = np.where(chance.random(papers) < better, 1.0, -1.0)
    return np.where(chance.random(papers) < 0.2, sides, 0.0)


def of_one(second: bool, right: bool) -> tuple[bool | None, bool | None]:
    """A paper that only one of two variants predicted."""
    return (None, right) if second else (right, None)


def stopped(values: NDArray[np.float64]) -> bool:
    """Whether a test that is read after each paper stops at some time. The p-value never rises again."""
    return sequential_test(values, alpha=ALPHA, margin=0.0).p_value <= ALPHA


@pytest.mark.timeout(300)
def test_peeking_does_no_harm() -> None:
    """Of 40 pairs of equal variants, looked at after each of 1,000 papers, at most 5 % are called different."""
    chance = np.random.default_rng(1)
    wrong = sum(stopped(pairs(1000, chance, better=0.5)) for _ in range(RUNS))
    assert wrong / RUNS <= ALPHA


@pytest.mark.timeout(300)
def test_peeking_does_no_harm_without_pairs() -> None:
    """The same for papers that one of two equal variants predicted, one in ten of them the second."""
    chance = np.random.default_rng(2)
    wrong = 0
    for _ in range(RUNS):
        arms, right = chance.random(4000) < 0.1, chance.random(4000) < 0.85
        wrong += stopped(differences(map(of_one, arms.tolist(), right.tolist())).values)
    assert wrong / RUNS <= ALPHA


@pytest.mark.timeout(300)
def test_peeking_does_no_harm_across_a_change() -> None:
    """The same where the second is a shadow for 300 papers and then gets one paper in ten to itself."""
    chance = np.random.default_rng(3)
    wrong = 0
    for _ in range(RUNS):
        both = (chance.random((300, 2)) < 0.85).tolist()
        arms, right = chance.random(3000) < 0.1, chance.random(3000) < 0.85
        wrong += stopped(differences([*map(tuple, both), *map(of_one, arms.tolist(), right.tolist())]).values)
    assert wrong / RUNS <= ALPHA


def test_a_fixed_test_would_be_wrong() -> None:
    """A z-test at 5 % that is repeated after each paper tells equal variants apart far more often than that."""
    chance = np.random.default_rng(1)
    wrong = 0
    for _ in range(RUNS):
        values = pairs(1000, chance, better=0.5)
        count = np.arange(1, 1001)
        spread = np.sqrt(np.maximum(np.cumsum(values**2), 1))
        wrong += bool((np.abs(np.cumsum(values))[30:] / spread[30:] > 1.96).any() and count.size)
    assert wrong / RUNS > 0.2


@pytest.mark.timeout(300)
def test_a_difference_is_found() -> None:
    """Of 40 pairs of which the second is right on 6 % more papers, at least 34 are stopped within 1,500 papers."""
    chance = np.random.default_rng(3)
    found = [sequential_test(pairs(1500, chance, better=0.65), alpha=ALPHA, margin=0.01) for _ in range(RUNS)]
    assert sum(result.advice is Advice.STOP_BETTER for result in found) >= 34
    assert not any(result.advice is Advice.STOP_WORSE for result in found)


def test_the_sequence_covers_the_truth() -> None:
    """Of 40 confidence sequences, at least 38 cover the true difference at their end and so at every paper before."""
    chance = np.random.default_rng(4)
    found = [sequential_test(pairs(800, chance, better=0.75), alpha=ALPHA, margin=0.01) for _ in range(RUNS)]
    assert sum(result.low <= 0.1 <= result.high for result in found) >= 38


def test_worse_and_alike() -> None:
    """A variant that is worse is named so, and one that is surely within the margin is alike."""
    chance = np.random.default_rng(5)
    worse = sequential_test(pairs(2000, chance, better=0.3), alpha=ALPHA, margin=0.02)
    assert (worse.advice, worse.high < 0) == (Advice.STOP_WORSE, True)
    alike = sequential_test(np.zeros(2000), alpha=ALPHA, margin=0.05)
    assert alike.advice is Advice.STOP_ALIKE


def test_nothing_says_nothing() -> None:
    """Without papers the advice is to go on, and nothing is excluded."""
    result = sequential_test([], alpha=ALPHA, margin=0.02)
    assert (result.advice, result.low, result.high, result.p_value) == (Advice.CONTINUE, -1.0, 1.0, 1.0)


@given(
    st.lists(st.sampled_from([-1.0, 0.0, 1.0]), max_size=80), st.lists(st.sampled_from([-1.0, 0.0, 1.0]), max_size=20)
)
def test_what_was_seen_stays_seen(first: list[float], more: list[float]) -> None:
    """With more papers the sequence is never wider and the p-value never greater."""
    before = sequential_test(first, alpha=ALPHA, margin=0.02)
    after = sequential_test(first + more, alpha=ALPHA, margin=0.02)
    assert after.p_value <= before.p_value
    assert (before.low <= after.low and after.high <= before.high) or (after.low, after.high) == (-0.005, 0.005)


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0]), max_size=60))
def test_sides_are_alike(differences: list[float]) -> None:
    """With the variants exchanged, the result is the mirror image."""
    one = sequential_test(differences, alpha=ALPHA, margin=0.02)
    other = sequential_test([-each for each in differences], alpha=ALPHA, margin=0.02)
    assert one.low == pytest.approx(-other.high) and one.high == pytest.approx(-other.low)
    assert one.p_value == pytest.approx(other.p_value)


seen = st.none() | st.booleans()


@given(st.lists(st.tuples(seen, seen), max_size=60), st.lists(st.tuples(seen, seen)))
def test_later_papers_change_no_difference(
    first: list[tuple[bool | None, bool | None]], more: list[tuple[bool | None, bool | None]]
) -> None:
    """Differences stay as they are when further papers come."""
    before, after = differences(first), differences(first + more)
    assert after.values[: len(before.values)].tolist() == before.values.tolist()
    assert len(after.values) == after.pairs + after.blocks


def test_pairs_and_blocks() -> None:
    """A paper of both is a difference of its own. A block ends when both have papers, and compares their shares."""
    pairs = [(True, True), (False, True), (True, False)]
    assert differences(pairs).values.tolist() == [0.0, 1.0, -1.0]
    outcomes = [(False, True), (False, False), (True, True), (True, False), (False, True), (False, True)]
    blocks = [of_one(*each) for each in outcomes]
    assert differences(blocks).values.tolist() == [0.5, -1.0]
    mixed = differences([blocks[0], *pairs, *blocks[1:]])
    assert (mixed.values.tolist(), mixed.pairs, mixed.blocks) == ([0.0, 1.0, -1.0, 0.5, -1.0], 3, 2)


def test_a_difference_beyond_one_is_a_mistake() -> None:
    """Differences outside -1 to 1 are refused."""
    with pytest.raises(ValueError, match="outside"):
        sequential_test([2.0], alpha=ALPHA, margin=0.02)
