"""What a model's policies do on evaluated papers, beside what was expected of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from application.evaluation.outcome import Outcome
from application.metrics.multi_label import decide
from application.policies.expectations import expectations
from application.policies.fitting import most_probable
from domain.policy import Aim, Expectation, Policy

_DRAWS = 200
_MEASURES = {
    Aim.MICRO_F1: "micro_f1",
    Aim.MACRO_F1: "macro_f1",
    Aim.PRECISION: "micro_precision",
    Aim.RECALL: "micro_recall",
    Aim.WRONG_CROSS_LISTS: "wrong_cross_lists",
    Aim.WRONGLY_CROSS_LISTED: "wrongly_cross_listed",
    Aim.REVIEWS: "categories_per_paper",
}


@dataclass(frozen=True, slots=True)
class PolicyResult:
    """A policy and its measures on the papers by name, each with a 95 % interval."""

    policy: Policy
    measures: Mapping[str, Expectation]

    @property
    def measure(self) -> str:
        """The name of the measure that the policy's goal is about."""
        return _MEASURES[self.policy.goal.aim]

    @property
    def kept(self) -> bool | None:
        """Whether the papers keep the goal, None for a goal without a bound."""
        goal, value = self.policy.goal, self.measures[self.measure].value
        if goal.bound is None:
            return None
        if goal.aim in (Aim.PRECISION, Aim.RECALL):
            return value >= goal.bound
        return value <= goal.bound / (goal.per or 1)


def policy_results(policies: Iterable[Policy], whole: Outcome, *, seed: int) -> tuple[PolicyResult, ...]:
    """Returns what each policy does on all papers of an outcome, with those that have none of the categories."""
    first = most_probable(whole.probabilities)
    found = []
    for policy in policies:
        given = decide(whole.probabilities, policy.thresholds.in_columns(whole.taxonomy))
        measures = expectations(whole.targets, given, given & ~first, whole.weights, seed=seed, draws=_DRAWS)
        found.append(PolicyResult(policy, measures))
    return tuple(found)
