"""The work of predicting one part in another process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.ports.dataset import BadRecord
from domain.prediction_warning import PredictionWarning

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
    """A part's content, the number of its rows, the rows that could not be read, and how many have each warning."""

    number: int
    content: bytes
    rows: int
    rejected: Sequence[BadRecord]
    warnings: Mapping[PredictionWarning, int] = field(default_factory=dict)
