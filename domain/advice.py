"""Advice on a paper's categories: which to list first, which beside it, and what to think of those chosen."""

from dataclasses import dataclass
from enum import StrEnum

from domain.abstract import Abstract
from domain.label import Label
from domain.similar_paper import SimilarPaper


class Verdict(StrEnum):
    """The verdict on one category."""

    KEEP = "keep"
    ADD = "add"
    DROP = "drop"
    SWAP = "swap"
    """The category should be the primary one in place of the first that was chosen."""
    NO_OPINION = "no opinion"


@dataclass(frozen=True, slots=True)
class Question:
    """A paper with the categories that its authors chose, primary first, or without any if they ask for them."""

    abstract: Abstract
    chosen: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class AdvisedCategory:
    """A category with its probability, the words that speak for it, and the nearest indexed papers that have it.

    The probability of a primary category is that of being the primary one, where the model has learnt this; otherwise
    it is that of being one of the paper's categories. `name` is arXiv's.
    """

    category: Label
    name: str
    probability: float
    reasons: tuple[str, ...] = ()
    papers: tuple[SimilarPaper, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """A verdict on one category, its probability (None when the model lacks the category), and the reason."""

    category: Label
    verdict: Verdict
    probability: float | None
    reason: str


@dataclass(frozen=True, slots=True)
class Advice:
    """The answer to a question. A paper that is probably `outside` gets neither a primary nor cross-lists.

    `outside_probability` is that of having none of the model's categories. `warnings` name what limits the advice, in
    one sentence each.
    """

    primary: AdvisedCategory | None
    cross_lists: tuple[AdvisedCategory, ...]
    outside: bool
    outside_probability: float
    opinion: tuple[Opinion, ...] = ()
    warnings: tuple[str, ...] = ()
