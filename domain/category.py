"""One arXiv category identifier."""

import re
from dataclasses import dataclass
from functools import lru_cache

from domain.errors import InvalidInputError
from domain.label import Label

_FORM = re.compile(r"[a-z]+(?:-[a-z]+)?(?:\.[A-Za-z]+(?:-[A-Za-z]+)?)?")


@dataclass(frozen=True, slots=True, eq=False)
class Category(Label):
    """An arXiv category such as `cs.LG` or `hep-th`, valid by form; whether it exists is the taxonomy's to say."""

    def __post_init__(self) -> None:
        if not isinstance(self.identifier, str) or not _FORM.fullmatch(self.identifier):
            raise InvalidInputError(
                f"{self.identifier!r} is not an arXiv category. Categories look like cs.LG, hep-th or cond-mat.soft."
            )

    @staticmethod
    @lru_cache(maxsize=4096)
    def parse(identifier: str) -> "Category":
        """The category of that identifier; equal identifiers give the same object."""
        return Category(identifier)

    @staticmethod
    def has_form(text: str) -> bool:
        """Whether a text has the form of a category."""
        return _FORM.fullmatch(text) is not None

    @property
    def archive(self) -> str:
        """The archive it belongs to: `cs` for `cs.LG`, `hep-th` for itself."""
        return self.identifier.partition(".")[0]
