"""One arXiv category identifier."""

import re
from dataclasses import dataclass
from functools import lru_cache

from domain.errors import InvalidInputError
from domain.label import Label

_FORM = re.compile(r"[a-z]+(?:-[a-z]+)?(?:\.[A-Za-z]+(?:-[A-Za-z]+)?)?")


@dataclass(frozen=True, slots=True, eq=False)
class Category(Label):
    """An arXiv category such as `cs.LG` or `hep-th`.

    Only the form is checked. `Taxonomy` knows which categories exist.
    """

    def __post_init__(self) -> None:
        if not isinstance(self.identifier, str) or not _FORM.fullmatch(self.identifier):
            raise InvalidInputError(
                f"{self.identifier!r} is not an arXiv category. Categories look like cs.LG, hep-th or cond-mat.soft."
            )

    @staticmethod
    @lru_cache(maxsize=4096)
    def parse(identifier: str) -> "Category":
        """Returns the category with that identifier. Equal identifiers give the same object."""
        return Category(identifier)

    @staticmethod
    def has_form(text: str) -> bool:
        """Returns whether a text has the form of a category."""
        return _FORM.fullmatch(text) is not None

    @property
    def archive(self) -> str:
        """The category's archive: `cs` for `cs.LG`, `hep-th` for `hep-th`."""
        return self.identifier.partition(".")[0]
