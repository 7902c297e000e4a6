"""Policies keep their goals on papers that they did not see."""

import numpy as np
import pytest
from numpy.typing import NDArray

from application.policies.fitting import FitPolicies, thresholds_for
from domain.errors import InvalidInputError
from domain.policy import Goal, Policy
from tests.lazily import lazily
from tests.unit.application.policies.drawn import drawn, taxonomy

sklearn_metrics = lazily("sklearn.metrics")
PAPERS = 1000
SEEN, OTHERS = drawn(PAPERS, 1), drawn(4 * PAPERS, 2)


def fitted(goal: str, papers: tuple[NDArray[np.bool_], NDArray[np.float32]] = SEEN, **more: object) -> Policy:
    """The policy of that goal."""
    fit = FitPolicies(*papers, taxonomy(papers[0].shape[1]), source="papers", **more)  # type: ignore[arg-type]
    return fit({"mine": Goal.parse(goal)})["mine"]


def given(policy: Policy, probabilities: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Returns the categories that the policy gives."""
    return probabilities >= np.array(policy.thresholds.in_columns(taxonomy(probabilities.shape[1])))


@pytest.mark.parametrize(
    ("goal", "measure", "sign"),
    [
        ("precision>=0.9", "micro_precision", 1),
        ("recall>=0.8", "micro_recall", 1),
        ("wrong_cross_lists<=0.2", "wrong_cross_lists", -1),
        ("wrongly_cross_listed<=0.05", "wrongly_cross_listed", -1),
        ("reviews<=300/500", "categories_per_paper", -1),
    ],
)
def test_a_goal_is_kept_on_other_papers(goal: str, measure: str, sign: int) -> None:
    """Of two samples of one population, the second keeps the goal of the first, and measures what was expected."""
    policy = fitted(goal)
    targets, probabilities = OTHERS
    chosen = given(policy, probabilities)
    top = np.arange(targets.shape[1]) == probabilities.argmax(axis=1)[:, None]
    beside = chosen & ~top
    measured = {
        "micro_precision": sklearn_metrics.precision_score(targets, chosen, average="micro"),
        "micro_recall": sklearn_metrics.recall_score(targets, chosen, average="micro"),
        "wrong_cross_lists": (beside & ~targets).sum() / beside.sum(),
        "wrongly_cross_listed": (beside & ~targets).any(axis=1).mean(),
        "categories_per_paper": chosen.sum() / len(chosen),
    }[measure]
    bound = Goal.parse(goal).bound or 0.0
    limit = bound / (Goal.parse(goal).per or 1)
    assert sign * measured >= sign * limit
    expected = policy.expected[measure]
    assert expected.low <= expected.value <= expected.high
    assert measured == pytest.approx(expected.value, abs=2.5 * (expected.high - expected.low))


@pytest.mark.parametrize(("cheap", "dear"), [("precision>=0.8", "precision>=0.95"), ("recall>=0.9", "recall>=0.6")])
def test_a_stricter_precision_has_a_higher_threshold_and_recall_a_lower_one(cheap: str, dear: str) -> None:
    """Thresholds are monotone in the goal."""
    assert fitted(cheap).thresholds.default < fitted(dear).thresholds.default


def test_expected_values_are_those_of_unseen_decisions() -> None:
    """Each fifth of the papers is decided by the thresholds that the other four give."""
    targets, probabilities = drawn(300, 7)
    goal, chosen = Goal.parse("macro_f1"), np.zeros(targets.shape, np.bool_)
    parts = np.random.default_rng(0).permutation(300) % 5
    for part in range(5):
        inside = parts == part
        _, cuts = thresholds_for(goal, targets[~inside], probabilities[~inside], seed=1)
        chosen[inside] = probabilities[inside] >= np.array(cuts)
    policy = fitted("macro_f1", (targets, probabilities))
    unseen, seen = (
        sklearn_metrics.f1_score(targets, each, average="macro") for each in (chosen, given(policy, probabilities))
    )
    assert policy.expected["macro_f1"].value == pytest.approx(unseen, abs=1e-5)
    assert seen != pytest.approx(unseen, abs=1e-3)


def test_micro_f1_is_the_highest_of_one_threshold() -> None:
    """No other common threshold of the trade-off curve has a higher micro F1 on the papers of the tuning."""
    policy = fitted("micro_f1")
    assert not policy.thresholds.by_category
    targets, probabilities = SEEN
    best = sklearn_metrics.f1_score(targets, given(policy, probabilities), average="micro")
    assert best >= max(policy.curve["micro_f1"]) - 1e-4


def test_the_curve_shows_what_scikit_learn_measures() -> None:
    """Each point has precision and recall at its threshold."""
    targets, probabilities = SEEN
    curve = fitted("micro_f1").curve
    for place in range(0, len(curve["threshold"]), 8):
        chosen = probabilities >= 1 / (1 + np.exp(-np.linspace(4.6, -4.6, 41)[place]))
        precision = sklearn_metrics.precision_score(targets, chosen, average="micro", zero_division=0)
        recall = sklearn_metrics.recall_score(targets, chosen, average="micro")
        assert curve["micro_precision"][place] == pytest.approx(precision, abs=1e-3)
        assert curve["micro_recall"][place] == pytest.approx(recall, abs=1e-3)
        assert curve["categories_per_paper"][place] == pytest.approx(chosen.sum() / len(chosen), abs=1e-3)


def test_own_thresholds_are_worth_more_to_macro_f1() -> None:
    """On other papers they have a higher macro F1 than the common one, where categories are miscalibrated."""
    seen, others = (
        (targets, p ** np.linspace(0.5, 2.5, p.shape[1]).astype(np.float32)) for targets, p in (SEEN, OTHERS)
    )
    one, own = fitted("micro_f1", seen), fitted("macro_f1", seen)
    scores = [sklearn_metrics.f1_score(others[0], given(policy, others[1]), average="macro") for policy in (one, own)]
    assert scores[1] > scores[0] + 0.01


def test_a_category_without_positives_keeps_the_common_threshold() -> None:
    """Nothing is known of it. The others may have their own."""
    targets, probabilities = drawn(600, 3)
    targets[:, 2] = False
    policy = fitted("macro_f1", (targets, probabilities))
    assert policy.thresholds.in_columns(taxonomy())[2] == pytest.approx(policy.thresholds.default, abs=1e-6)


@pytest.mark.parametrize(
    ("goal", "best"),
    [("precision>=0.9999", r"reaches down to 0\.9.*Ask for at least 0\.9"), ("reviews<=1/100000", "reaches up to")],
)
def test_a_goal_that_cannot_be_kept_says_the_best_that_can(goal: str, best: str) -> None:
    """The best is a goal that the same papers keep."""
    with pytest.raises(InvalidInputError, match=best) as refused:
        fitted(goal)
    number = str(refused.value).rpartition("Ask for at ")[2].split()[1].rstrip(",").replace(",", "")
    aim = goal.partition("=")[0][:-1]
    fitted(f"{aim}>={float(number) - 1e-4:.4f}" if aim == "precision" else f"reviews<={float(number) + 1}/100000")


def test_weights_count_as_repetitions_do() -> None:
    """Papers of weight 2 give the thresholds that the same papers twice give; papers of weight 0 are left out."""
    targets, probabilities = drawn(400, 5)
    weights = np.repeat([0.0, 1.0, 2.0, 1.0], 100)
    twice = np.repeat(np.arange(400), weights.astype(int))
    for goal in ("micro_f1", "reviews<=300/500"):
        weighted = fitted(goal, (targets, probabilities), weights=weights)
        repeated = fitted(goal, (targets[twice], probabilities[twice]))
        assert weighted.thresholds.default == pytest.approx(repeated.thresholds.default, rel=0.05)
        for name, column in weighted.curve.items():
            assert column == pytest.approx(repeated.curve[name], abs=2e-4)
    assert weighted.papers == 300


@pytest.mark.parametrize("papers", [0, 1, 19])
def test_too_few_papers_are_refused(papers: int) -> None:
    """No policy is made of fewer than 20 papers with a category, whatever the goal."""
    targets = np.ones((papers, 6), np.bool_)
    with pytest.raises(InvalidInputError, match="at least 20"):
        fitted("micro_f1", (targets, np.full(targets.shape, 0.5, np.float32)))


def test_papers_without_any_category_are_refused() -> None:
    """All-zero targets have nothing to be right about."""
    with pytest.raises(InvalidInputError, match="0 of the 100 papers"):
        fitted("precision>=0.5", (np.zeros((100, 6), np.bool_), np.full((100, 6), 0.5, np.float32)))


def test_the_same_seed_gives_the_same_policy() -> None:
    """Parts and intervals are drawn by the seed."""
    assert fitted("macro_f1", seed=4) == fitted("macro_f1", seed=4)
