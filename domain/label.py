"""One label of any label set."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from domain.errors import InvalidInputError

MAX_CHARACTERS = 200


class LabelSet(StrEnum):
    """The kind of labels that a model predicts: arXiv categories, or the owner's own labels."""

    ARXIV = "arxiv"
    OWN = "own"


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A label such as `Q1: soil`: one line of printable text without white space at its ends.

    Labels with the same text are equal, whatever their label set.
    """

    identifier: str

    def __post_init__(self) -> None:
        text = self.identifier
        if not isinstance(text, str) or not text or not text.isprintable() or text != text.strip():
            raise InvalidInputError(
                f"{text!r} is not a label. A label is one line of text, without control characters and without spaces "
                "at its ends."
            )
        if len(text) > MAX_CHARACTERS:
            raise InvalidInputError(
                f"The label {text[:40]!r}... has {len(text):,} characters; the limit is {MAX_CHARACTERS}. "
                "Check the separator between labels, or shorten this one."
            )

    @staticmethod
    @lru_cache(maxsize=65_536)
    def parse(identifier: str) -> "Label":
        """Returns the label with that text. Equal texts give the same object."""
        return Label(identifier)

    def __str__(self) -> str:
        return self.identifier

    def __eq__(self, other: object) -> bool:
        return self.identifier == other.identifier if isinstance(other, Label) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.identifier)

    def __lt__(self, other: "Label") -> bool:
        return self.identifier < other.identifier


def in_one_cell(labels: Sequence[str], label_set: LabelSet) -> str:
    """Returns labels as the text of one table cell.

    arXiv categories are separated by spaces. Other labels are written as a JSON list.
    """
    return " ".join(labels) if label_set == LabelSet.ARXIV else json.dumps(list(labels), ensure_ascii=False)
