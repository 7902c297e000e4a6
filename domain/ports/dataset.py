"""Port: sources of labelled papers."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from domain.labelled_abstract import LabelledAbstract


class Split(StrEnum):
    """The three parts of a data set."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that could not be read: its file or hub id, its line or row (from 1), and the reason."""

    source: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.reason}"


OnBadRecord = Callable[[BadRecord], None]


class Dataset(Protocol):
    """A source of labelled papers that is read one paper at a time, in constant memory."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The path or hub id with which it was opened."""

    @property
    @abstractmethod
    def own_splits(self) -> tuple[Split, ...]:
        """The splits that the source defines itself, else an empty tuple."""

    @abstractmethod
    def papers(self, split: Split | None, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        """Yields the papers of one of its own splits, or of the whole source for None, in the source's order.

        A malformed record is left out and passed to `on_bad_record`, which may raise to stop.
        """

    @abstractmethod
    def fingerprint(self) -> str:
        """Returns a SHA-256 (hex) that changes when the data change."""
