"""Ports: rows of papers that are read in slices, and parts of predictions that are written one by one."""

from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.part_work import FinishedPart, PartRows
from domain.ports.dataset import BadRecord
from domain.ports.prediction_writer import PredictionWriter
from domain.prediction_warning import PredictionWarning


class PaperRows(Protocol):
    """The rows of all inputs, one input after another. Each row is read once."""

    @abstractmethod
    def read(self, rows: int) -> Iterator[Abstract | AbstractBatch | BadRecord]:
        """Yields at most that many of the next rows, in order; fewer only at the end. A batch counts by its length."""

    @abstractmethod
    def skip(self, rows: int) -> int:
        """Passes over at most that many of the next rows, and returns how many there were."""


class PartCutter(Protocol):
    """Cuts the rows of all inputs into the rows of parts, which another process reads or gets."""

    @abstractmethod
    def take(self, number: int, rows: int) -> PartRows:
        """Returns the next rows, at most that many, as those of part `number`. A count of 0 is the end."""

    @abstractmethod
    def skip(self, rows: int) -> int:
        """Passes over at most that many of the next rows, and returns how many there were."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One part while it is written: what takes its predictions, its rows that could not be read, and its warnings."""

    writer: PredictionWriter
    rejected: list[BadRecord] = field(default_factory=list)
    warnings: Counter[PredictionWarning] = field(default_factory=Counter)


class PartStore(Protocol):
    """Stores parts. A reader sees a whole part or none."""

    @abstractmethod
    def has(self, number: int) -> bool:
        """Returns whether a part, counted from 0, is stored."""

    @abstractmethod
    def part(self, number: int) -> AbstractContextManager[Part]:
        """Opens a part. It is stored when the block ends without an error."""

    @abstractmethod
    def put(self, part: FinishedPart) -> None:
        """Stores a part that another process has made."""

    @abstractmethod
    def rejected(self, parts: int) -> int:
        """Returns how many rows of the first `parts` parts could not be read."""

    @abstractmethod
    def finish(self, parts: int, rows: int) -> None:
        """Records the number of parts and of rows when all parts are there."""
