"""Parameters of a sweep, and which trial is the best."""

import math

import pytest
from hypothesis import given

from domain.errors import ConfigurationError
from domain.sweep import Choice, Goal, Metric, Normal, Range, TrialRecord, TrialState, best_of
from tests.strategies import ranges_with_numbers


@given(ranges_with_numbers())
def test_what_a_range_gives_lies_in_it(given_: tuple[Range, float]) -> None:
    """Whatever a sampler proposes between the bounds becomes a value that the range holds."""
    range_, proposed = given_
    value = range_.fitted(proposed)
    assert range_.low <= value <= range_.high
    assert range_.holds(value)
    assert range_.fitted(value) == value


@given(ranges_with_numbers())
def test_multiples_stay_multiples(given_: tuple[Range, float]) -> None:
    """A value is a multiple of the quantum, wherever the bounds are, and whole where whole ones are asked for."""
    range_, proposed = given_
    value = range_.fitted(proposed)
    if range_.quantum is not None and range_.high - range_.low >= 2 * range_.quantum:
        assert math.isclose(value / range_.quantum, round(value / range_.quantum), rel_tol=1e-4, abs_tol=1e-4)
    assert isinstance(value, int) or not range_.whole


@pytest.mark.parametrize(
    ("parameter", "inside", "outside"),
    [
        (Choice(([256], [128, 64])), [128, 64], [64]),
        (Choice((True, "a", None)), None, "b"),
        (Range(0.1, 0.5), 0.3, 0.6),
        (Range(2, 8, whole=True), 5, 5.5),
        (Range(0, 1000, quantum=100, whole=True), 300, 350),
        (Normal(0.0, 1.0), 2.0, 4.0),
    ],
)
def test_a_parameter_knows_its_values(parameter: Choice | Range | Normal, inside: object, outside: object) -> None:
    """It holds what it can give, and nothing else. The text of a number is no number."""
    assert parameter.holds(inside)
    assert not parameter.holds(outside)
    assert not parameter.holds("0.3")


def test_true_is_no_number() -> None:
    """A range of numbers does not hold true, though Python counts it as 1."""
    assert not Range(0, 2, whole=True).holds(True)


@pytest.mark.parametrize(("goal", "best"), [(Goal.MAXIMIZE, 1), (Goal.MINIMIZE, 2)])
def test_the_best_trial_is_a_complete_one(goal: Goal, best: int) -> None:
    """The goal decides; pruned, failed and running trials are never the best, and of equals it is the first."""
    records = [
        TrialRecord(0, TrialState.PRUNED, {}, epochs={1: 9.0}),
        TrialRecord(3, TrialState.COMPLETE, {}, 0.7),
        TrialRecord(1, TrialState.COMPLETE, {}, 0.7),
        TrialRecord(2, TrialState.COMPLETE, {}, 0.2),
        TrialRecord(4, TrialState.RUNNING, {}, epochs={1: 0.0}),
    ]
    found = best_of(records, Metric("validation_score", goal))
    assert found is not None
    assert found.number == best
    assert best_of(records[:1], Metric("validation_score", goal)) is None


def test_a_metric_that_is_not_there_is_named() -> None:
    """The error says what is wanted, and what there is."""
    with pytest.raises(ConfigurationError, match=r"'f1', which epochs do not report\. They report loss, score"):
        Metric("f1").of({"loss": 1.0, "score": 2.0})
