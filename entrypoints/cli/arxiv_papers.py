"""Papers that a command fetches from arXiv by their ids."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from domain.abstract import Abstract
from domain.arxiv_identifier import ArxivIdentifier
from domain.arxiv_paper import ArxivPaper
from domain.errors import InvalidInputError
from domain.ports.arxiv import PaperLookup
from domain.ports.dataset import BadRecord, OnBadRecord

# The source of an identifier, its line or position from 1, and the identifier or the reason why it is invalid.
Named = tuple[str, int, ArxivIdentifier | str]

_BETWEEN = re.compile(r"[,\s]+")
_PREFIXED = re.compile(r"arxiv:\s+", re.IGNORECASE)


class ArxivPapers(Iterable[Abstract]):
    """The abstracts of papers by their ids, in order and each once, with arXiv's records of them."""

    def __init__(self, named: Sequence[Named], lookup: Callable[[], PaperLookup], on_bad_record: OnBadRecord) -> None:
        self._named = named
        self._lookup = lookup
        self._on_bad_record = on_bad_record
        self._known: dict[str, ArxivPaper] = {}

    def __iter__(self) -> Iterator[Abstract]:
        for source, line, wrong in self._named:
            if isinstance(wrong, str):
                self._refuse(source, line, wrong)
        places = {each: (source, line) for source, line, each in reversed(self._named) if not isinstance(each, str)}
        wanted = list(reversed(places))
        for identifier, found in zip(wanted, self._lookup().find(wanted), strict=True):
            if isinstance(found, str):
                self._refuse(*places[identifier], found)
            else:
                self._known[found.id] = found
                yield found.paper.abstract

    def known(self, abstracts: Sequence[Abstract]) -> list[ArxivPaper]:
        """Returns the papers of abstracts that came from this iterable. Each paper is returned once."""
        return [self._known.pop(str(abstract.id)) for abstract in abstracts]

    def _refuse(self, source: str, line: int, reason: str) -> None:
        if len(self._named) == 1:
            raise InvalidInputError(reason)
        self._on_bad_record(BadRecord(source, line, reason))


def read_identifiers(said: Sequence[str], file: Path | None) -> list[Named]:
    """Returns the identifiers of the command line, between commas or spaces, then those of a file.

    A file has one identifier per line. Blank lines and lines that begin with # are skipped.
    """
    texts = [text for each in said for text in _BETWEEN.split(_PREFIXED.sub("arxiv:", each)) if text]
    named = [_named("--arxiv", place, text) for place, text in enumerate(texts, start=1)]
    if file is not None:
        lines = enumerate(_lines(file), start=1)
        named += [_named(str(file), line, text) for line, text in lines if text.strip() and text.strip()[0] != "#"]
    if not named:
        raise InvalidInputError("No paper is named. Give an arXiv identifier, such as 2606.01234.")
    return named


def _named(source: str, line: int, text: str) -> Named:
    try:
        return source, line, ArxivIdentifier.parse(text)
    except InvalidInputError as error:
        return source, line, str(error)


def _lines(file: Path) -> list[str]:
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        return content.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}. Name a file of identifiers.") from error
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{file} is not UTF-8 text. Write one identifier per line.") from error
