"""The rules by which the page says which categories are given."""

import pytest

from entrypoints.demo import presenter
from entrypoints.demo.backend import CategoryRow, Choice, Classified, Given, ModelInfo
from entrypoints.demo.rules import CUT, OWN, choice_of, goal_in_words, rules

MODEL = ModelInfo(
    "baseline/1", 0.3, "baseline", ("cs.LG",), (("careful", "precision>=0.95"), ("most", "micro_f1")), True
)
CLASSIFIED = Classified(
    "m", (CategoryRow("cs.LG", 0.9, 0.3), CategoryRow("cs.CV", 0.5, 0.3), CategoryRow("cs.AI", 0.2, 0.3))
)


def test_a_model_offers_its_policies_and_coverages() -> None:
    """Thresholds come first, then each policy by name and goal, then three coverages."""
    offered = dict(rules(MODEL))
    assert list(offered.values()) == [
        OWN,
        CUT,
        "policy careful",
        "policy most",
        *(f"coverage {c}" for c in (0.9, 0.95, 0.99)),
    ]
    assert "careful: at least 95 % of the given categories are right" in offered
    assert "Sets with all categories of 95 % of papers" in offered


def test_a_model_without_policies_and_scores_offers_thresholds_alone() -> None:
    """There is nothing that it would refuse."""
    assert [value for _, value in rules(ModelInfo("fake/1", 0.5))] == [OWN, CUT]


@pytest.mark.parametrize(
    ("rule", "choice"),
    [
        (OWN, None),
        (CUT, None),
        ("policy precision-0.95", Choice(policy="precision-0.95")),
        ("coverage 0.95", Choice(coverage=0.95)),
    ],
)
def test_rules_stand_for_choices(rule: str, choice: Choice | None) -> None:
    """A policy or a coverage is asked of the backend, thresholds are not."""
    assert choice_of(rule) == choice


@pytest.mark.parametrize(
    ("goal", "said"),
    [
        ("recall>=0.9", "at least 90 % of a paper's categories are given"),
        ("wrong_cross_lists<=0.02", "at most 2 % of the given cross-lists are wrong"),
        ("wrongly_cross_listed<=0.02", "at most 2 % of papers get a wrong cross-list"),
        ("reviews<=200/900", "at most 200 categories for 900 papers"),
        ("macro_f1", "few mistakes and few omissions, rare categories alike"),
    ],
)
def test_goals_are_said_without_metrics(goal: str, said: str) -> None:
    """A reader needs no glossary."""
    assert goal_in_words(goal) == said


def test_bars_show_what_a_policy_gives() -> None:
    """The given categories stand out whatever their thresholds, and no threshold is drawn."""
    html = presenter.bars(CLASSIFIED.giving(Given((("cs.LG", 0.9),))), None)
    assert "1 of 3 categories given" in html
    assert html.count("bar passes") == 1
    assert 'class="cut"' not in html and "</span> threshold" not in html
    assert "2 of 3 categories at or above the threshold" in presenter.bars(CLASSIFIED, None)


def test_a_set_that_is_not_given_is_said() -> None:
    """The warning of the coverage stands above the bars, and none stands out."""
    html = presenter.bars(CLASSIFIED.giving(Given((), ("There is no useful set with this coverage.",))), None)
    assert "0 of 3 categories given" in html
    assert "There is no useful set with this coverage." in html
