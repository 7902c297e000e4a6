"""Reads rows from JSON lines, one object per line."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import BinaryIO

from adapters.datasets.columns import DATES, UPDATED, WEIGHT, Columns
from adapters.datasets.records import Row, Rows
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord

# Kaggle's longest lines, for papers with 3,000 authors, have 0.3 MB. A longer one is a file without line ends.
MAX_LINE_BYTES = 1 << 23
# A file whose first records, up to this number, lack the wanted columns has other columns.
_PATIENCE = 100
_MOST_FORMS = 1000


def rows(stream: BinaryIO, source: str, columns: Columns) -> Rows:
    """Yields the rows of a stream of JSON lines.

    Raises InvalidInputError if no record has the required columns, if none of the first hundred has a column named with
    `--columns`, or if the file is one JSON array.
    """
    reader = LineReader(source, columns)
    yield from reader.rows(lines_of(stream))
    reader.finish()


class LineReader:
    """Reads numbered lines, also in several turns, as the rows of one file. It needs `finish` after the last line.

    `forms` are the forms of the records found so far.
    """

    def __init__(self, source: str, columns: Columns) -> None:
        self._source = source
        self._columns = columns
        self.forms = Forms(columns)
        self._waiting: list[BadRecord] = []
        self._seen = False

    def rows(self, lines: Iterable[tuple[int, bytes]]) -> Rows:
        """Yields the rows of lines. Raises the errors of `rows`."""
        forms, waiting = self.forms, self._waiting
        for line, text in lines:
            record = _record(text, self._source, line, first=line == 1)
            if isinstance(record, BadRecord):
                yield record
            elif (places := forms.places(record)) is not None:
                yield from waiting
                waiting.clear()
                self._seen = True
                if forms.unseen and line > _PATIENCE:
                    raise self._refuse()
                yield row_of(line, record, places, self._columns.kept)
            else:
                bad = BadRecord(self._source, line, f"The record has only {', '.join(record) or 'no'} fields.")
                if self._seen:
                    yield bad
                    continue
                waiting.append(bad)
                if len(waiting) >= _PATIENCE:
                    raise self._refuse()

    def finish(self) -> None:
        """Raises InvalidInputError if the lines lacked a required column, or one that was named."""
        if self._waiting or (self._seen and self.forms.unseen):
            raise self._refuse()

    def is_settled(self) -> bool:
        """Returns whether all columns that are required or named were found, so that no later line ends the reading."""
        return self._seen and not self._waiting and not self.forms.unseen

    def _refuse(self) -> InvalidInputError:
        return self._columns.refuse(self.forms.fields, self._source)


class Forms:
    """Finds the wanted columns in records, and caches them for records with the same fields.

    `fields` are all fields found. `unseen` are the columns in `named` and `kept` that no record had.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._known: dict[tuple[str, ...], dict[str, str] | None] = {}
        self.fields: dict[str, None] = {}
        self.unseen = {*columns.named, *columns.kept}

    def places(self, record: Mapping[str, object]) -> dict[str, str] | None:
        """Returns the field of each wanted column, or None if a required column is missing."""
        fields = tuple(record)
        if fields not in self._known:
            if len(self._known) >= _MOST_FORMS:
                self._known.clear()
            found = self._columns.places(fields)
            self._known[fields] = found if self._columns.suffice(found) else None
            self.fields.update(dict.fromkeys(fields))
            self.unseen -= found.keys() | set(fields) & set(self._columns.kept)
        return self._known[fields]


def row_of(line: int, record: Mapping[str, object], places: Mapping[str, str], kept: Sequence[str] = ()) -> Row:
    """Returns the row of one record, whose fields for the wanted columns are `places`, with the values of `kept`."""
    values = {name: record.get(theirs) for name, theirs in places.items()}
    get = values.get
    date = next((values[name] for name in DATES if get(name)), None)
    row = line, get("id"), get("title"), get("abstract"), get("categories"), date, get(UPDATED), get(WEIGHT)
    return (*row, [record.get(name) for name in kept]) if kept else row


def lines_of(stream: BinaryIO, start: int = 1) -> Iterator[tuple[int, bytes]]:
    """Yields the lines of a stream that are not blank, with their numbers. Of an over-long line it yields the start."""
    for line, text in enumerate(iter(partial(stream.readline, MAX_LINE_BYTES), b""), start):
        if len(text) == MAX_LINE_BYTES and not text.endswith(b"\n"):
            _skip_line(stream)
        if not text.isspace():
            yield line, text


def _skip_line(stream: BinaryIO) -> None:
    for rest in iter(partial(stream.readline, MAX_LINE_BYTES), b""):
        if rest.endswith(b"\n"):
            return


def _record(text: bytes, source: str, line: int, *, first: bool) -> dict[str, object] | BadRecord:
    if len(text) == MAX_LINE_BYTES and not text.endswith(b"\n"):
        if first and text.lstrip().startswith(b"["):
            raise _array(source)
        return BadRecord(source, line, f"The line has more than {MAX_LINE_BYTES:,} bytes.")
    try:
        decoded = text.decode("utf-8-sig" if first else "utf-8")
        record = json.loads(decoded)
    except UnicodeDecodeError as error:
        return BadRecord(source, line, f"The line is not valid UTF-8 at byte {error.start + 1}.")
    except (ValueError, RecursionError) as error:
        if first and text.lstrip().startswith(b"["):
            raise _array(source) from error
        return BadRecord(source, line, f"The line is not JSON: {error}.")
    if isinstance(record, dict):
        return record
    if first and isinstance(record, list) and record and isinstance(record[0], dict):
        raise _array(source)
    return BadRecord(source, line, f"The line is a JSON {type(record).__name__}, not an object.")


def _array(source: str) -> InvalidInputError:
    return InvalidInputError(f"{source} is one JSON array. Write JSON lines: one object a line, without brackets.")
