"""Which columns a source of papers must have and may have, under the names every format shares."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.errors import InvalidInputError

# The first of these that a record has says when it was filed; Kaggle's `versions` holds the submission's date.
DATES = ("year_month", "date", "published", "versions")
UPDATED = "update_date"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns a reader asks for; a source without a required one is refused before its first record."""

    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Required and optional ones."""
        return self.required + self.optional

    def missing(self, found: Iterable[str]) -> bool:
        """Whether a required column is not among those found."""
        return not set(self.required) <= set(found)

    def refuse(self, found: Iterable[str], source: str) -> InvalidInputError:
        """The error for a source without the required columns."""
        has = ", ".join(map(str, found)) or "none"
        return InvalidInputError(
            f"{source} has the columns {has}; wanted are {' and '.join(self.required)} "
            f"(and, where known, {', '.join(self.optional)}). Rename them to these."
        )


LABELLED = Columns(required=("abstract", "categories"), optional=("id", "title", *DATES, UPDATED))
INDEXED = Columns(required=("abstract",), optional=("id", "title", "categories", *DATES, UPDATED))
UNLABELLED = Columns(required=("abstract",), optional=("id", "title", *DATES, UPDATED))
