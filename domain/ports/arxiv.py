"""Ports: papers from arXiv itself, by their last change and by their identifiers."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from domain.arxiv_identifier import ArxivIdentifier
from domain.arxiv_paper import ArxivPaper
from domain.harvest import PagePlace, Span
from domain.ports.dataset import BadRecord


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records of a source: papers, ids of deleted ones, and records whose content cannot be read.

    `answered` is the source's own day.
    """

    papers: Sequence[ArxivPaper]
    deleted: Sequence[str]
    bad: Sequence[BadRecord]
    place: PagePlace
    answered: date


class RecordSource(Protocol):
    """Gives the records that changed in a span of days, a page at a time."""

    @abstractmethod
    def first(self, span: Span, set_name: str | None) -> RecordPage:
        """The first page; one without records where nothing changed.

        Raises InvalidInputError for a set that does not exist, DatasetUnavailableError where no whole page is had.
        """

    @abstractmethod
    def next(self, token: str) -> RecordPage:
        """The page that a token of the page before asks for.

        Raises ExpiredTokenError where the token holds no longer, DatasetUnavailableError where no whole page is had.
        """


class PaperLookup(Protocol):
    """Finds papers by their identifiers."""

    @abstractmethod
    def find(self, identifiers: Sequence[ArxivIdentifier]) -> Iterator[ArxivPaper | str]:
        """The paper of each identifier in turn, of the version named or else the newest.

        A paper's id is the identifier asked for. In place of one that is unknown or cannot be read comes a sentence
        that says so. Raises DatasetUnavailableError where arXiv cannot be reached.
        """
