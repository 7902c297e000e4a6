"""Why a model gives a category the probability it gives: which words speak for it and which against."""

from dataclasses import dataclass
from typing import Final

from domain.label import Label

# The method of an explanation that names no words: the month alone makes the probability 0.
CLOSED: Final = "closed"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a paper's title or abstract: characters from `start` up to `end`."""

    field: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if self.field not in ("title", "abstract") or not 0 <= self.start < self.end:
            raise ValueError(f"no span: {self.field!r} from {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class TermContribution:
    """A word or pair of words, what it adds to the logit, and where it stands."""

    term: str
    contribution: float
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What makes up the logit of one category's probability.

    `terms` are sorted by the size of their contribution, largest first; `others` is the sum of those left out. Where
    `additive` is true, base, terms and others add up to `logit`; else each contribution is what the logit loses when
    the term alone is left out, and `base` and `others` are 0. `logit` is log(p / (1 - p)) of the calibrated probability
    p before that of a category is averaged with its alias's.
    A category that arXiv did not have in the paper's month has probability 0: its method is `closed`, its `logit` is
    None, and no words stand in its `terms`.
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
        """The explanation of a category that arXiv did not have in a paper's month."""
        return cls(category, CLOSED, additive=False, logit=None, base=0.0, terms=())

    def top(self, count: int) -> "Explanation":
        """The same with at most so many terms; where the method is additive, the others' sum stays known."""
        left = sum(term.contribution for term in self.terms[count:]) if self.additive else 0.0
        return Explanation(
            self.category, self.method, self.additive, self.logit, self.base, self.terms[:count], self.others + left
        )
