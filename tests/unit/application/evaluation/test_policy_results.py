"""The results of policies on evaluated papers, and whether they keep their goals."""

import numpy as np
import pytest

from application.evaluation.policy_results import policy_results
from domain.policy import Goal, Policy
from domain.thresholds import Thresholds
from tests.lazily import lazily
from tests.unit.application.evaluation.outcomes import made_up, outcome_from

oracle = lazily("sklearn.metrics")


def _policy(goal: str, threshold: float = 0.5) -> Policy:
    return Policy("named", Goal.parse(goal), Thresholds(threshold), {}, {}, 20)


@pytest.mark.parametrize(
    ("goal", "score", "average"),
    [
        ("micro_f1", "f1_score", "micro"),
        ("macro_f1", "f1_score", "macro"),
        ("precision>=0.5", "precision_score", "micro"),
        ("recall>=0.5", "recall_score", "micro"),
    ],
)
def test_the_measure_of_a_goal_is_scikit_learns(goal: str, score: str, average: str) -> None:
    """Each policy is measured at its own threshold by the measure that its goal is about."""
    whole = made_up(300, skill=0.3)
    (found,) = policy_results([_policy(goal, 0.4)], whole, seed=0)
    wanted = getattr(oracle, score)(whole.targets, whole.probabilities >= np.float32(0.4), average=average)
    here = found.measures[found.measure]
    assert here.value == pytest.approx(wanted, abs=1e-6)
    assert here.low <= here.value <= here.high


@pytest.mark.parametrize(
    ("goal", "kept"),
    [
        ("micro_f1", None),
        ("precision>=0.59", True),
        ("precision>=0.61", False),
        ("recall>=0.59", True),
        ("recall>=0.61", False),
        ("wrong_cross_lists<=0.51", True),
        ("wrong_cross_lists<=0.49", False),
        ("reviews<=125/100", True),
        ("reviews<=124/100", False),
    ],
)
def test_goals_with_a_bound_are_kept_or_not(goal: str, kept: bool | None) -> None:
    """Four papers have five categories and get five, three of them right. A paper outside counts with what it gets."""
    targets = np.array([[1, 1, 0], [1, 0, 1], [0, 1, 0], [0, 0, 0]], np.bool_)
    given = np.array([[0.9, 0.1, 0.6], [0.9, 0.1, 0.8], [0.1, 0.1, 0.1], [0.1, 0.1, 0.7]], np.float32)
    whole = outcome_from(targets, given)
    (found,) = policy_results([_policy(goal)], whole, seed=0)
    assert found.kept is kept


def test_a_model_without_policies_has_no_results() -> None:
    """Nothing is measured."""
    assert policy_results([], made_up(10, skill=0.5), seed=0) == ()
