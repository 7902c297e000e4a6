"""A paper with the categories it really has: what training and evaluation read."""

from dataclasses import dataclass

from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class LabelledAbstract:
    """An abstract with its true categories, primary first."""

    abstract: Abstract
    categories: tuple[Category, ...]

    def __post_init__(self) -> None:
        if not self.categories:
            raise InvalidInputError("A labelled abstract needs at least one category.")

    @property
    def month(self) -> str | None:
        """YYYY-MM in which it was filed, where known."""
        return self.abstract.month

    @property
    def primary(self) -> Category:
        """The first-listed category."""
        return self.categories[0]
