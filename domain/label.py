"""One label of any label set: what a paper can be classified as."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from domain.errors import InvalidInputError

MAX_CHARACTERS = 200


class LabelSet(StrEnum):
    """Which labels a model gives: arXiv's categories, or those of its owner's papers."""

    ARXIV = "arxiv"
    OWN = "own"


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A label such as `Q1: soil`: one line of printable text, with no white space at its ends.

    Labels of one text are equal, whatever set each is of.
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
                "Check what stands between labels, or shorten it."
            )

    @staticmethod
    @lru_cache(maxsize=65_536)
    def parse(identifier: str) -> "Label":
        """The label of that text; equal texts give the same object."""
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
    """Labels as one text of a table: with spaces between arXiv's categories, as a JSON list of others."""
    return " ".join(labels) if label_set == LabelSet.ARXIV else json.dumps(list(labels), ensure_ascii=False)
