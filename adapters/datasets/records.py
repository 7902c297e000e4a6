"""Converts the raw values of one record to an abstract, for every format."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from adapters.datasets.label_form import LabelForm
from adapters.datasets.months import month_of_record
from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.month import Clock, latest_day, system_clock
from domain.ports.dataset import BadRecord, OnBadRecord
from domain.similar_paper import PaperToIndex

# line or row from 1, id, title, abstract, categories, date, date of the last update, weight, and of a source whose
# columns are kept, their values
Row = tuple[int, object, object, object, object, object, object, object, *tuple[Sequence[object], ...]]
# A reader yields a BadRecord for a line that is not a record.
Rows = Iterator[Row | BadRecord]
OF_ARXIV = LabelForm()
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Limits:
    """The longest text in characters, and the latest day (YYYY-MM-DD) that a date may name."""

    max_characters: int
    latest: str


def labelled(
    rows: Rows,
    source: str,
    max_characters: int,
    on_bad_record: OnBadRecord,
    now: Clock = system_clock,
    *,
    form: LabelForm = OF_ARXIV,
) -> Iterator[LabelledAbstract]:
    """Yields the labelled papers of rows in order. Malformed rows go to `on_bad_record`."""
    latest = latest_day(now())

    def paper(row: Row) -> LabelledAbstract:
        abstract = paper_of(row, max_characters, latest)
        return LabelledAbstract(abstract, form.labels(row[4]), weight=_weight(row[7]))

    return _made(rows, source, on_bad_record, paper)


def to_index(
    rows: Rows,
    source: str,
    max_characters: int,
    on_bad_record: OnBadRecord,
    now: Clock = system_clock,
    *,
    form: LabelForm = OF_ARXIV,
) -> Iterator[PaperToIndex]:
    """Yields the papers of rows, with or without categories. Malformed rows go to `on_bad_record`."""
    latest = latest_day(now())

    def paper(row: Row) -> PaperToIndex:
        abstract, categories = paper_of(row, max_characters, latest), row[4]
        unknown = categories is None or categories != categories or not categories
        return PaperToIndex(abstract, () if unknown else form.labels(categories))

    return _made(rows, source, on_bad_record, paper)


def unlabelled(
    rows: Rows, source: str, max_characters: int, on_bad_record: OnBadRecord, now: Clock = system_clock
) -> Iterator[Abstract]:
    """Yields the abstracts of rows in order. Malformed rows go to `on_bad_record`."""
    latest = latest_day(now())
    return _made(rows, source, on_bad_record, lambda row: paper_of(row, max_characters, latest))


def read_row(row: Row | BadRecord, source: str, limits: Limits) -> Abstract | BadRecord:
    """Returns the abstract of a row, or says why it cannot be read."""
    if isinstance(row, BadRecord):
        return row
    try:
        return paper_of(row, limits.max_characters, limits.latest)
    except InvalidInputError as error:
        return BadRecord(source, row[0], str(error))


def _made(rows: Rows, source: str, on_bad_record: OnBadRecord, make: Callable[[Row], T]) -> Iterator[T]:
    for row in rows:
        if isinstance(row, BadRecord):
            on_bad_record(row)
            continue
        try:
            made = make(row)
        except InvalidInputError as error:
            on_bad_record(BadRecord(source, row[0], str(error)))
            continue
        yield made


def folded(text: str) -> str:
    """Returns the text with each run of white space as one space, and none at its ends."""
    # The only white space in printable text is the space. This check takes half the time of split and join.
    if text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " ":
        return text
    return " ".join(text.split())


def paper_of(row: Row, max_characters: int, latest: str) -> Abstract:
    """Returns the abstract of a row. `latest` is the last day (YYYY-MM-DD) that a date may name.

    Raises InvalidInputError if the row cannot be read.
    """
    _, identifier, title, text, _, filed, updated, *_ = row
    body = _text("abstract", text)
    heading = _text("title", title)
    known = _identifier(identifier)
    month = month_of_record(filed, known, updated, latest)
    # A value that is not text is passed on, and Abstract raises the error.
    return Abstract(body, heading or None, known, max_characters, month=month)  # type: ignore[arg-type]


def _text(field: str, value: object) -> object:
    if not isinstance(value, str):
        return None if value != value else value  # NaN, which pandas writes for a missing text
    if not value.isascii():
        _refuse_undecodable(field, value)
    return folded(value)


def _refuse_undecodable(field: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidInputError(
            f"The {field} is not valid UTF-8 at character {error.start + 1}. Save the file as UTF-8."
        ) from error


def _identifier(value: object) -> str | None:
    if isinstance(value, str):
        if not value.isascii():
            _refuse_undecodable("id", value)
        return value.strip() or None
    if value is None or value != value:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InvalidInputError(f"The id is a {type(value).__name__}, not text. Write it in quotes: 2501.10 is not 2501.1.")


def _weight(value: object) -> float:
    if value is None or value == "":
        return 1.0
    try:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return float(value)
    except (ValueError, OverflowError):
        pass
    raise InvalidInputError(f"The weight is {str(value)[:40]!r}. Give a number from 0.")
