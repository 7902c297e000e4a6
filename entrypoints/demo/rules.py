"""The rules by which categories count as given: thresholds, a policy or a coverage."""

from collections.abc import Mapping

from domain.policy import Aim, Goal
from entrypoints.demo.backend import Choice, ModelInfo

OWN, CUT = "own", "cut"
_POLICY, _COVERAGE = "policy ", "coverage "
_COVERAGES = (0.9, 0.95, 0.99)
_SAID: Mapping[Aim, str] = {
    Aim.MICRO_F1: "few mistakes and few omissions",
    Aim.MACRO_F1: "few mistakes and few omissions, rare categories alike",
    Aim.PRECISION: "at least {bound} of the given categories are right",
    Aim.RECALL: "at least {bound} of a paper's categories are given",
    Aim.WRONG_CROSS_LISTS: "at most {bound} of the given cross-lists are wrong",
    Aim.WRONGLY_CROSS_LISTED: "at most {bound} of papers get a wrong cross-list",
    Aim.REVIEWS: "at most {number} categories for {per} papers",
}


def rules(model: ModelInfo) -> list[tuple[str, str]]:
    """Returns what each rule of a model is called, and the value that stands for it."""
    policies = [(f"{name}: {goal_in_words(goal)}", f"{_POLICY}{name}") for name, goal in model.policies]
    sets = [(f"Sets with all categories of {100 * each:g} % of papers", f"{_COVERAGE}{each}") for each in _COVERAGES]
    return [
        ("The model's own thresholds", OWN),
        ("The threshold of the slider", CUT),
        *policies,
        *(sets if model.coverage else ()),
    ]


def choice_of(rule: str) -> Choice | None:
    """Returns the policy or the coverage that a rule's value stands for, None if thresholds decide."""
    if rule.startswith(_POLICY):
        return Choice(policy=rule.removeprefix(_POLICY))
    if rule.startswith(_COVERAGE):
        return Choice(coverage=float(rule.removeprefix(_COVERAGE)))
    return None


def goal_in_words(goal: str) -> str:
    """Returns the goal of a policy for readers who know no metrics."""
    parsed = Goal.parse(goal)
    bound = parsed.bound or 0.0
    return _SAID[parsed.aim].format(bound=f"{100 * bound:g} %", number=f"{bound:g}", per=parsed.per)
