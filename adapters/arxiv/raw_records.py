"""Reads papers from records in arXiv's format arXivRaw."""

import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from adapters.arxiv.oai_xml import OAI, NotAPageError, moment_of, text_of
from domain.abstract import Abstract
from domain.arxiv_identifier import ArxivIdentifier
from domain.arxiv_paper import ArxivPaper
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.month import month_of_arxiv
from domain.ports.dataset import BadRecord

RAW = "{http://arxiv.org/OAI/arXivRaw/}"


@dataclass(slots=True)
class RecordTaker:
    """Collects the records of one page. If a paper occurs twice, the later record is kept.

    `lenient` counts a record with a missing element as bad, where it otherwise makes the page incomplete.
    """

    max_characters: int
    source: str
    lenient: bool = False
    papers: dict[str, ArxivPaper] = field(default_factory=dict)
    deleted: dict[str, None] = field(default_factory=dict)
    bad: list[BadRecord] = field(default_factory=list)
    first: date | None = None
    last: date | None = None
    in_order: bool = True
    incomplete: int = 0
    _line: int = 0

    def __call__(self, record: ET.Element) -> None:
        """Reads one record. Raises NotAPageError if an element is missing, and names the record if it has a header."""
        self._line += 1
        header = record.find(f"{OAI}header")
        if header is None:
            raise NotAPageError("a record has no header")
        identifier = text_of(header, "identifier")
        self._note(moment_of(text_of(header, "datestamp"), "datestamp").date())
        if header.get("status") == "deleted":
            self._delete(identifier)
            return
        try:
            paper = _Values.of(record).paper(self.max_characters)
        except NotAPageError as error:
            if not self.lenient:
                raise NotAPageError(f"in the record {identifier[:80]} {error}") from error
            self.incomplete += 1
            self._report(identifier, error)
            return
        except InvalidInputError as error:
            self._report(identifier, error)
            return
        self.deleted.pop(paper.id, None)
        self.papers[paper.id] = paper

    def _report(self, identifier: str, error: Exception) -> None:
        self.bad.append(BadRecord(self.source, self._line, f"{identifier[:80]}: {error}"))

    def _note(self, day: date) -> None:
        self.first = self.first or day
        self.in_order = self.in_order and (self.last is None or day >= self.last)
        self.last = day

    def _delete(self, identifier: str) -> None:
        try:
            paper = ArxivIdentifier.parse(identifier).paper
        except InvalidInputError as error:
            self.bad.append(BadRecord(self.source, self._line, str(error)))
            return
        self.papers.pop(paper, None)
        self.deleted[paper] = None


@dataclass(frozen=True, slots=True)
class _Values:
    """The texts of one complete record."""

    id: str
    title: str
    abstract: str
    categories: str
    versions: tuple[tuple[str, str], ...]

    @staticmethod
    def of(record: ET.Element) -> "_Values":
        raw = record.find(f"{OAI}metadata/{RAW}arXivRaw")
        if raw is None:
            raise NotAPageError("an element arXivRaw is missing")
        versions = raw.findall(f"{RAW}version")
        if not versions or any(each.get("version") is None for each in versions):
            raise NotAPageError("an element version is missing, or has no number")
        return _Values(
            id=text_of(raw, "id", RAW),
            title=text_of(raw, "title", RAW),
            abstract=text_of(raw, "abstract", RAW),
            categories=text_of(raw, "categories", RAW),
            versions=tuple((each.get("version", ""), text_of(each, "date", RAW)) for each in versions),
        )

    def paper(self, max_characters: int) -> ArxivPaper:
        identifier = ArxivIdentifier.parse(self.id).paper
        categories = tuple(dict.fromkeys(map(Category.parse, self.categories.split())))
        dates = [moment for _, moment in sorted((_number(name), _moment(text)) for name, text in self.versions)]
        month = month_of_arxiv(dates[0], identifier)
        abstract = Abstract(self.abstract, self.title or None, identifier, max_characters, month=month)
        return ArxivPaper(LabelledAbstract(abstract, categories), dates[0], dates[-1])


def _number(version: str) -> int:
    digits = version.removeprefix("v")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 6):
        raise InvalidInputError(f"A version is numbered {version[:20]!r}.")
    return int(digits)


def _moment(text: str) -> datetime:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError) as error:
        raise InvalidInputError(f"The date of a version is {text[:40]!r}.") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
