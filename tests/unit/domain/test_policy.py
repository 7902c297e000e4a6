"""Goals are read from text, and policies are found by name."""

import pytest

from domain.errors import InvalidInputError
from domain.policy import Aim, Goal, Policy, parse_policies, policy_named
from domain.thresholds import Thresholds


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("micro_f1", Goal(Aim.MICRO_F1)),
        (" macro_f1 ", Goal(Aim.MACRO_F1)),
        ("precision>=0.95", Goal(Aim.PRECISION, 0.95)),
        ("Precision >= 95 %", Goal(Aim.PRECISION, 0.95)),
        ("recall>=.9", Goal(Aim.RECALL, 0.9)),
        ("wrong cross-lists <= 2%", Goal(Aim.WRONG_CROSS_LISTS, 0.02)),
        ("wrongly_cross_listed<=0.02", Goal(Aim.WRONGLY_CROSS_LISTED, 0.02)),
        ("reviews<=200/900", Goal(Aim.REVIEWS, 200.0, 900)),
    ],
)
def test_a_goal_is_read(text: str, goal: Goal) -> None:
    """Shares may be percentages, and what a goal is written as is read again."""
    assert Goal.parse(text) == goal
    assert Goal.parse(str(goal)) == goal


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "A goal is micro_f1"),
        ("precison>=0.9", "Did you mean precision"),
        ("precision", "precision>=0.95"),
        ("precision<=0.9", "precision>=0.95"),
        ("precision>=0", "share between 0 and 1"),
        ("precision>=1", "share between 0 and 1"),
        ("precision>=95", "share between 0 and 1"),
        ("precision>=0.9.5", "not a number"),
        ("recall>=0.9/100", "share between 0 and 1"),
        ("micro_f1>=0.7", "It has no bound"),
        ("reviews<=200", "reviews<=200/900"),
        ("reviews<=200/0", "reviews<=200/900"),
        ("reviews<=0/900", "reviews<=200/900"),
    ],
)
def test_what_is_no_goal_is_refused(text: str, wanted: str) -> None:
    """The error says what can be written."""
    with pytest.raises(InvalidInputError, match=wanted):
        Goal.parse(text)


def test_policies_are_named_or_named_after_their_goals() -> None:
    """NAME=GOAL gives a name. A goal alone is its own name with its bound."""
    found = parse_policies(("careful=precision>=0.95", "macro_f1", "recall>=90%"))
    assert {name: str(goal) for name, goal in found.items()} == {
        "careful": "precision>=0.95",
        "macro_f1": "macro_f1",
        "recall-0.9": "recall>=0.9",
    }


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (("a=micro_f1", "a=macro_f1"), "Two policies are called 'a'"),
        ({"a b": "micro_f1"}, "'a b' cannot name a policy"),
    ],
)
def test_names_that_cannot_be_are_refused(texts: tuple[str, ...] | dict[str, str], wanted: str) -> None:
    """A name is used once and has no spaces."""
    with pytest.raises(InvalidInputError, match=wanted):
        parse_policies(texts)


def test_an_unknown_policy_names_the_nearest() -> None:
    """The error lists what there is, or says how to make one."""
    known = {"careful": Policy("careful", Goal(Aim.MICRO_F1), Thresholds(0.4), {}, {}, 100)}
    assert policy_named(known, "careful", "tiny/1").thresholds == Thresholds(0.4)
    with pytest.raises(InvalidInputError, match=r"tiny/1 has no policy 'carful'\. Did you mean careful\?"):
        policy_named(known, "carful", "tiny/1")
    with pytest.raises(InvalidInputError, match="models tune"):
        policy_named({}, "careful", "tiny/1")
