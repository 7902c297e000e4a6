"""Comparisons of two models."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.evaluation.comparison import (
    LOWER_IS_BETTER,
    Verdict,
    compared,
    disagreements,
    metric_names,
    verdict,
    worse_by,
)
from application.evaluation.measuring import measured
from application.evaluation.outcome import shared
from application.metrics.intervals import Estimate
from tests.unit.application.evaluation.outcomes import made_up, outcome_from, taxonomy_of


def test_a_better_model_is_better_in_every_metric() -> None:
    """A model of more skill is better, also where lower values are better, and the other one is worse."""
    weak, strong = made_up(400, skill=0.2), made_up(400, skill=0.45)
    one, other = measured(weak, seed=0), measured(strong, seed=0)
    there, back = compared(one, other, (weak, strong)), compared(other, one, (strong, weak))
    verdicts = {row.name: row.verdict for row in there.metrics}
    assert {name: verdicts[name] for name in ("micro_f1", "average_precision_macro", "hamming_loss", "lrap")} == {
        name: Verdict.BETTER for name in ("micro_f1", "average_precision_macro", "hamming_loss", "lrap")
    }
    assert [row.verdict for row in there.by_category] == [Verdict.BETTER] * 6
    assert {row.name: row.verdict for row in back.metrics}["coverage_error"] is Verdict.WORSE
    assert (there.categories, there.papers) == (6, 400)


def test_a_model_is_the_same_as_itself() -> None:
    """Every difference of a model from itself is exactly 0."""
    outcome = made_up(60, skill=0.3)
    one = measured(outcome, seed=0)
    found = compared(one, measured(outcome, seed=0), (outcome, outcome))
    assert {(row.change, row.verdict) for row in (*found.metrics, *found.by_category)} == {
        (Estimate(0.0, 0.0, 0.0), Verdict.SAME)
    }
    assert {row.name for row in found.metrics} == set(metric_names())


@given(st.floats(-1, 1), st.floats(0, 1), st.booleans())
def test_verdict_needs_the_whole_interval(middle: float, half: float, lower: bool) -> None:
    """An interval that holds 0 is the same, and the sign decides otherwise."""
    found = verdict(Estimate(middle, middle - half, middle + half), lower_is_better=lower)
    if abs(middle) <= half:
        assert found is Verdict.SAME
    elif abs(middle) > half + 1e-9:
        assert found is (Verdict.BETTER if (middle > 0) != lower else Verdict.WORSE)


def test_models_of_two_taxonomies_are_compared_on_shared_categories() -> None:
    """Only shared categories count, in the order of the reference, and papers with none of them are left out."""
    left = outcome_from(np.array([[True, False], [False, True]]), np.array([[0.9, 0.2], [0.3, 0.8]], np.float32))
    turned = replace(
        outcome_from(
            np.array([[True, True, False], [True, False, False]]),
            np.array([[0.1, 0.7, 0.3], [0.6, 0.4, 0.5]], np.float32),
        ),
        taxonomy=taxonomy_of(3).subset([taxonomy_of(3).categories[place] for place in (2, 0, 1)]),
    )
    pair = shared(left.on(left.taxonomy.categories[:1]), turned)
    assert pair is not None
    one, other = pair
    assert [str(category) for category in other.taxonomy] == ["cs.LG"]
    assert one.rows.tolist() == other.rows.tolist() == [0]
    assert other.probabilities.tolist() == [[pytest.approx(0.7)]]


def test_models_without_shared_categories_are_not_compared() -> None:
    """Two models that know no common category have nothing to compare."""
    left, right = made_up(3, skill=0.5), made_up(3, skill=0.5)
    one = left.on(left.taxonomy.categories[:2])
    assert shared(one, right.on(right.taxonomy.categories[2:])) is None


def test_disagreements_are_the_largest_distances() -> None:
    """The papers with the largest sum of differences come first, and papers of equal probabilities are left out."""
    left = outcome_from(np.ones((3, 2), np.bool_), np.array([[0.9, 0.1], [0.5, 0.5], [0.5, 0.5]], np.float32))
    right = replace(left, probabilities=np.array([[0.8, 0.1], [0.5, 0.5], [0.0, 0.9]], np.float32))
    assert [(place, round(distance, 6)) for place, distance in disagreements(left, right, 5)] == [(2, 0.9), (0, 0.1)]


@pytest.mark.parametrize("name", ["micro_f1", *sorted(LOWER_IS_BETTER)])
def test_worse_is_above_zero(name: str) -> None:
    """A worse metric has a positive loss, whichever direction is better."""
    low, high = {name: 0.1}, {name: 0.3}
    reference, candidate = (low, high) if name in LOWER_IS_BETTER else (high, low)
    assert worse_by(name, reference, candidate) == pytest.approx(0.2)
    assert worse_by(name, candidate, reference) == pytest.approx(-0.2)
