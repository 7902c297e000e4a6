"""Ports: papers from arXiv, by their last change and by their identifiers."""

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
    """Some records of a source: papers, identifiers of deleted papers, and records that cannot be read.

    `answered` is the source's date in its response.
    """

    papers: Sequence[ArxivPaper]
    deleted: Sequence[str]
    bad: Sequence[BadRecord]
    place: PagePlace
    answered: date


class RecordSource(Protocol):
    """Reads the records that changed in a span of days, page by page."""

    @abstractmethod
    def first(self, span: Span, set_name: str | None) -> RecordPage:
        """Returns the first page, which has no records if nothing changed.

        Raises InvalidInputError for an unknown set, and DatasetUnavailableError if no complete page is received.
        """

    @abstractmethod
    def next(self, token: str) -> RecordPage:
        """Returns the page that belongs to the token of the page before.

        Raises ExpiredTokenError if the token has expired, and DatasetUnavailableError if no complete page is received.
        """


class PaperLookup(Protocol):
    """Finds papers by their identifiers."""

    @abstractmethod
    def find(self, identifiers: Sequence[ArxivIdentifier]) -> Iterator[ArxivPaper | str]:
        """Yields the paper of each identifier in order, in the named version or else the newest.

        The paper's id is the identifier that was passed in. For an unknown or unreadable paper it yields a sentence
        that says so.
        Raises DatasetUnavailableError if arXiv cannot be reached.
        """
