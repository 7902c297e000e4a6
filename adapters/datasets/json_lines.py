"""Rows out of JSON lines: one object a line, read line by line."""

import json
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from adapters.datasets.columns import DATES, UPDATED, Columns
from adapters.datasets.records import Row, Rows
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord

# Kaggle's longest lines, papers with 3,000 authors, have 0.3 MB; more is a file without line ends.
_MAX_LINE_BYTES = 1 << 23
# So many records without the wanted columns, and none with them, are a file with other columns.
_PATIENCE = 100


def rows(stream: BinaryIO, source: str, columns: Columns) -> Rows:
    """The rows of a stream of JSON lines.

    Raises InvalidInputError where no record has the required columns, or the file is one JSON array.
    """
    waiting: list[BadRecord] = []
    found: list[str] = []
    seen = False
    for line, text in _lines(stream):
        record = _record(text, source, line, first=line == 1)
        if isinstance(record, BadRecord):
            yield record
        elif not columns.missing(record):
            yield from waiting
            waiting.clear()
            seen = True
            yield row_of(line, record)
        else:
            bad = BadRecord(source, line, f"The record has only {', '.join(record) or 'no'} fields.")
            if seen:
                yield bad
                continue
            waiting.append(bad)
            found += [name for name in record if name not in found]
            if len(waiting) >= _PATIENCE:
                break
    if waiting:
        raise columns.refuse(found, source)


def row_of(line: int, record: dict[str, object]) -> Row:
    """The row of one record that is a mapping."""
    get = record.get
    date = next((record[name] for name in DATES if record.get(name)), None)
    return line, get("id"), get("title"), get("abstract"), get("categories"), date, get(UPDATED)


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    for line, text in enumerate(iter(partial(stream.readline, _MAX_LINE_BYTES), b""), start=1):
        if len(text) == _MAX_LINE_BYTES and not text.endswith(b"\n"):
            _skip_line(stream)
        if not text.isspace():
            yield line, text


def _skip_line(stream: BinaryIO) -> None:
    for rest in iter(partial(stream.readline, _MAX_LINE_BYTES), b""):
        if rest.endswith(b"\n"):
            return


def _record(text: bytes, source: str, line: int, *, first: bool) -> dict[str, object] | BadRecord:
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
