"""The words that raise or lower the probability of a category."""

from dataclasses import dataclass
from typing import Final

from domain.label import Label

# The method of an explanation that names no words: the month alone makes the probability 0.
CLOSED: Final = "closed"


@dataclass(frozen=True, slots=True)
class Span:
    """The characters of a paper's title or abstract from `start` up to `end`."""

    field: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if self.field not in ("title", "abstract") or not 0 <= self.start < self.end:
            raise ValueError(f"not a span: {self.field!r} from {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class TermContribution:
    """A word or word pair, what it adds to the logit, and where it occurs."""

    term: str
    contribution: float
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The parts of the logit of one category's probability.

    `terms` are sorted by the size of their contribution, largest first. `others` is the sum of the contributions left
    out.
    If `additive` is true, base, terms and others add up to `logit`. Otherwise each contribution is what the logit loses
    when this term alone is left out, and `base` and `others` are 0.
    `logit` is log(p / (1 - p)) of the calibrated probability p, before the probabilities of a category and its alias
    are averaged.
    If arXiv did not have the category in the paper's month, its probability is 0, `method` is `closed`, `logit` is None
    and there are no terms.
    """

    category: Label
    method: str
    additive: bool
    logit: float | None
    base: float
    terms: tuple[TermContribution, ...]
    others: float = 0.0

    @classmethod
    def closed(cls, category: Label) -> "Explanation":
        """Returns the explanation of a category that arXiv did not have in a paper's month."""
        return cls(category, CLOSED, additive=False, logit=None, base=0.0, terms=())

    def top(self, count: int) -> "Explanation":
        """Returns the explanation with at most `count` terms.

        If it is additive, `others` takes in the terms left out.
        """
        left = sum(term.contribution for term in self.terms[count:]) if self.additive else 0.0
        return Explanation(
            self.category, self.method, self.additive, self.logit, self.base, self.terms[:count], self.others + left
        )
