"""Policies: thresholds with a name, the goal that they were tuned for, and what they are expected to do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from domain.errors import InvalidInputError
from domain.spelling import nearest
from domain.thresholds import Thresholds

_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
_NAMED = re.compile(rf"({_NAME})\s*=\s*(.+)", re.DOTALL)
_LIMIT = re.compile(r"([A-Za-z0-9_ -]+?)\s*(>=|<=)\s*([0-9.]+)\s*(%)?(?:\s*/\s*([0-9]+))?")


class Aim(StrEnum):
    """The measure that a goal bounds or maximises."""

    MICRO_F1 = "micro_f1"
    MACRO_F1 = "macro_f1"
    PRECISION = "precision"
    RECALL = "recall"
    WRONG_CROSS_LISTS = "wrong_cross_lists"
    WRONGLY_CROSS_LISTED = "wrongly_cross_listed"
    REVIEWS = "reviews"


_SIGNS = {
    Aim.PRECISION: ">=",
    Aim.RECALL: ">=",
    Aim.WRONG_CROSS_LISTS: "<=",
    Aim.WRONGLY_CROSS_LISTED: "<=",
    Aim.REVIEWS: "<=",
}
_EXAMPLES = (
    "micro_f1, macro_f1, precision>=0.95, recall>=0.9, wrong_cross_lists<=0.02, "
    "wrongly_cross_listed<=0.02 or reviews<=200/900"
)


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal for thresholds.

    - micro_f1: one threshold for all categories, with the highest micro F1
    - macro_f1: a threshold per category, with the highest macro F1
    - precision, at least `bound`: the share of given categories that are right
    - recall, at least `bound`: the share of the papers' categories that are given
    - wrong_cross_lists, at most `bound`: the share of wrong ones among given categories beside the most probable one
    - wrongly_cross_listed, at most `bound`: the share of papers with such a wrong one
    - reviews, at most `bound` given categories where `per` papers arrive, each of which a person reviews

    Raises InvalidInputError for a bound that means nothing.
    """

    aim: Aim
    bound: float | None = None
    per: int | None = None

    def __post_init__(self) -> None:
        fits = self.bound is None or (isfinite(self.bound) and self.bound > 0)
        if self.aim not in _SIGNS:
            fits = self.bound is None and self.per is None
        elif self.aim == Aim.REVIEWS:
            fits = fits and self.bound is not None and self.per is not None and self.per > 0
        else:
            fits = fits and self.bound is not None and self.bound < 1 and self.per is None
        if not fits:
            raise InvalidInputError(f"The goal {self} cannot be used. {_WANTED[self.aim]}")

    @classmethod
    def parse(cls, text: str) -> "Goal":
        """Returns the goal in a text such as `precision>=0.95` or `precision >= 95%`.

        Raises InvalidInputError with what can be written.
        """
        plain = text.strip()
        if plain in (Aim.MICRO_F1, Aim.MACRO_F1):
            return cls(Aim(plain))
        match = _LIMIT.fullmatch(plain)
        aim = _aim(match[1] if match else plain, text)
        if match is None or match[2] != _SIGNS.get(aim):
            raise InvalidInputError(f"{text.strip()!r} is no goal. {_WANTED[aim]}")
        try:
            bound = float(match[3]) / (100 if match[4] else 1)
        except ValueError:
            raise InvalidInputError(f"{match[3]!r} in the goal {text.strip()!r} is not a number.") from None
        return cls(aim, bound, int(match[5]) if match[5] else None)

    def __str__(self) -> str:
        if self.aim not in _SIGNS:
            return self.aim.value
        bound = "?" if self.bound is None else f"{self.bound:g}"
        return f"{self.aim.value}{_SIGNS[self.aim]}{bound}" + (f"/{self.per}" if self.per is not None else "")


def _aim(word: str, text: str) -> Aim:
    name = re.sub(r"[\s-]+", "_", word.strip().lower())
    if name in tuple(Aim):
        return Aim(name)
    near = nearest(name, tuple(Aim))
    hint = f"Did you mean {near}? " if near else ""
    raise InvalidInputError(f"{text.strip()!r} is no goal. {hint}A goal is {_EXAMPLES}.")


_SHARE = "Its bound is a share between 0 and 1, or a percentage"
_WANTED = {
    Aim.MICRO_F1: "It has no bound.",
    Aim.MACRO_F1: "It has no bound.",
    Aim.PRECISION: f"{_SHARE}, as in precision>=0.95.",
    Aim.RECALL: f"{_SHARE}, as in recall>=0.9.",
    Aim.WRONG_CROSS_LISTS: f"{_SHARE}, as in wrong_cross_lists<=0.02.",
    Aim.WRONGLY_CROSS_LISTED: f"{_SHARE}, as in wrongly_cross_listed<=0.02.",
    Aim.REVIEWS: (
        "Write the reviews and the papers of a day: reviews<=200/900 is at most 200 given categories where 900 papers "
        "arrive."
    ),
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """The value of a measure on papers that the thresholds did not see, with the bounds of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Policy:
    """Thresholds with a name.

    `expected` has the measures by name. `curve` is the trade-off: columns of equal length, of which `threshold` is the
    common threshold and the others are the measures there. `papers` is the number of papers that it was tuned on.
    """

    name: str
    goal: Goal
    thresholds: Thresholds
    expected: Mapping[str, Expectation]
    curve: Mapping[str, tuple[float, ...]]
    papers: int

    def __post_init__(self) -> None:
        if not re.fullmatch(_NAME, self.name):
            raise InvalidInputError(
                f"{self.name!r} cannot name a policy. A name has letters, digits, dots, hyphens and underscores."
            )
        if len({len(column) for column in self.curve.values()}) > 1:
            raise ValueError("the columns of the trade-off curve have different lengths")


def parse_policies(texts: Mapping[str, str] | tuple[str, ...]) -> dict[str, Goal]:
    """Returns goals by the names of their policies: `careful=precision>=0.95`, or `macro_f1` for one of that name.

    Raises InvalidInputError for a text that is no goal, and for a name that is given twice.
    """
    pairs = list(texts.items()) if isinstance(texts, Mapping) else [_name_and_goal(text) for text in texts]
    found: dict[str, Goal] = {}
    for name, goal in pairs:
        if name in found:
            raise InvalidInputError(f"Two policies are called {name!r}. Give each a name: NAME=GOAL.")
        if not re.fullmatch(_NAME, name):
            raise InvalidInputError(
                f"{name!r} cannot name a policy. A name has letters, digits, dots, hyphens and underscores."
            )
        found[name] = Goal.parse(goal)
    return found


def _name_and_goal(text: str) -> tuple[str, str]:
    match = _NAMED.fullmatch(text.strip())
    if match:
        return match[1], match[2]
    goal = Goal.parse(text)
    bound = "" if goal.bound is None else f"-{goal.bound:g}"
    return f"{goal.aim.value}{bound}", text


def policy_named(policies: Mapping[str, Policy], name: str, model: str) -> Policy:
    """Returns the policy of a name. Raises InvalidInputError with the names there are."""
    if name in policies:
        return policies[name]
    if not policies:
        raise InvalidInputError(
            f"{model} has no policies, so none called {name!r}. Add some with `arxiv-classifier models tune`."
        )
    near = nearest(name, policies)
    hint = f"Did you mean {near}? " if near else ""
    raise InvalidInputError(f"{model} has no policy {name!r}. {hint}Its policies are {', '.join(policies)}.")
