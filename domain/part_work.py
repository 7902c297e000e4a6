"""The work of predicting one part in another process."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.ports.dataset import BadRecord

PaperRow = Abstract | AbstractBatch | BadRecord


@dataclass(frozen=True, slots=True)
class PartRows:
    """The rows of one part: `count` rows of `files` after the first `start`, or the rows themselves.

    `files` are paths or addresses, whose rows are one after another.
    """

    number: int
    count: int
    files: tuple[str, ...] = ()
    start: int = 0
    rows: tuple[PaperRow, ...] | None = None


@dataclass(frozen=True, slots=True)
class FinishedPart:
    """A part's content, the number of its rows, and the rows that could not be read."""

    number: int
    content: bytes
    rows: int
    rejected: Sequence[BadRecord]
