"""Finds training papers that are also in validation or test, where they would make a model look better than it is."""

import logging
import re
from array import array
from collections.abc import Iterable, Sequence

from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.log_events import log_event
from domain.paper_columns import chosen

_logger = logging.getLogger(__name__)

_VERSION = re.compile(r"v\d+$")
_FIRST_WORDS = 8
_NAMED = 3


class HeldOut:
    """Recognises papers of validation and test, by 24 bytes of hashes for each.

    Two papers are equal if their identifiers are equal without version, or if their abstracts are equal without case
    and white space. An identifier of digits alone is ignored, because it is often a row number.
    """

    def __init__(self, papers: Iterable[LabelledAbstract] = ()) -> None:
        self._identifiers: set[int] = set()
        self._beginnings: set[int] = set()
        self._texts: set[int] = set()
        for paper in papers:
            self.add(paper)

    def add(self, paper: LabelledAbstract) -> None:
        """Adds a paper that must not be in training."""
        if (identifier := _identity(paper)) is not None:
            self._identifiers.add(identifier)
        self._beginnings.add(_beginning(paper.abstract.text))
        self._texts.add(_whole(paper.abstract.text))

    def __contains__(self, paper: LabelledAbstract) -> bool:
        """Returns whether a paper is held out."""
        text = paper.abstract.text
        # Few papers begin alike, so only those are compared whole: 3 s for 680,000 papers against 24,000.
        return _identity(paper) in self._identifiers or (
            _beginning(text) in self._beginnings and _whole(text) in self._texts
        )


def without_held_out(
    training: Sequence[LabelledAbstract], held_out: Iterable[LabelledAbstract], source: str, *, strict: bool
) -> Sequence[LabelledAbstract]:
    """Returns the training papers that are in neither validation nor test, and logs a warning about the others.

    Raises InvalidInputError if `strict` and there are any, or if no paper remains.
    """
    left_out = LeftOut(HeldOut(held_out))
    rows = array("q", (row for row, paper in enumerate(training) if left_out.keeps(paper)))
    left_out.report(source, strict=strict)
    return training if len(rows) == len(training) else chosen(training, rows)


class LeftOut:
    """Counts held-out training papers, and keeps the names of some."""

    def __init__(self, held_out: HeldOut) -> None:
        self._held_out = held_out
        self._seen = self._leaked = 0
        self._named: list[str] = []

    def keeps(self, paper: LabelledAbstract) -> bool:
        """Returns whether a training paper is not held out. Held-out papers are counted."""
        self._seen += 1
        if paper not in self._held_out:
            return True
        self._leaked += 1
        if self._leaked <= _NAMED and paper.abstract.id:
            self._named.append(paper.abstract.id)
        return False

    def report(self, source: str, *, strict: bool) -> None:
        """Logs a warning with the number of papers left out.

        Raises InvalidInputError if `strict` and there are any, or if no paper remains.
        """
        if not self._leaked:
            return
        sentence = leak_sentence(self._leaked, self._seen, source, named=self._names())
        if strict:
            raise InvalidInputError(f"{sentence} Remove them from training. Without --strict, they are left out.")
        if self._leaked == self._seen:
            raise InvalidInputError(f"{sentence} Nothing is left to train on. Give other training papers.")
        log_event(
            _logger,
            "papers_left_out",
            f"{sentence} They are left out of training.",
            level=logging.WARNING,
            papers=self._leaked,
        )

    def _names(self) -> str:
        if not self._named:
            return ""
        return f" ({', '.join(self._named)}{', ...' if self._leaked > len(self._named) else ''})"


def leak_sentence(leaked: int, training: int, source: str, *, named: str = "") -> str:
    """Returns a sentence that counts the held-out papers among a source's training papers, with some of their names."""
    are = "is" if leaked == 1 else "are"
    return f"Of {training:,} training papers of {source}, {leaked:,} {are} in validation or test as well{named}."


def _identity(paper: LabelledAbstract) -> int | None:
    identifier = paper.abstract.id
    return None if identifier is None or identifier.isdigit() else hash(_VERSION.sub("", identifier))


def _beginning(text: str) -> int:
    return hash(" ".join(text.split(None, _FIRST_WORDS)[:_FIRST_WORDS]).casefold())


def _whole(text: str) -> int:
    return hash(" ".join(text.casefold().split()))
