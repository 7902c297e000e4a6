"""A paper with the categories it really has: what training and evaluation read."""

from dataclasses import dataclass

from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError


@dataclass(frozen=True, slots=True)
class LabelledAbstract:
    """An abstract with its true categories, primary first, and the month (YYYY-MM) it is from where known."""

    abstract: Abstract
    categories: tuple[Category, ...]
    month: str | None = None

    def __post_init__(self) -> None:
        if not self.categories:
            raise InvalidInputError("A labelled abstract needs at least one category.")

    @property
    def primary(self) -> Category:
        """The first-listed category."""
        return self.categories[0]
