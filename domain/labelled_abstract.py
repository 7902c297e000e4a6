"""A paper with its true categories."""

from dataclasses import dataclass, field
from math import inf
from typing import Final

from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.label import Label

# Sums of squares of greater weights lose all digits of the others.
MOST_WEIGHT: Final = 1e12


@dataclass(frozen=True, slots=True)
class LabelledAbstract:
    """An abstract with its true categories, primary first.

    `weight` is a number from 0 to 1e12. It is proportional to the number of papers of the population that this one
    represents.
    """

    abstract: Abstract
    categories: tuple[Label, ...]
    weight: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        if not self.categories:
            raise InvalidInputError("A labelled abstract needs at least one category.")
        if not 0 <= self.weight < inf:
            raise InvalidInputError(f"The weight is {self.weight}. Give a number from 0.")
        if self.weight > MOST_WEIGHT:
            raise InvalidInputError(f"The weight is {self.weight}. Give one of at most {MOST_WEIGHT:,.0f}.")

    @property
    def month(self) -> str | None:
        """The month (YYYY-MM) in which the paper was filed, if known."""
        return self.abstract.month

    @property
    def primary(self) -> Label:
        """The first-listed category."""
        return self.categories[0]
