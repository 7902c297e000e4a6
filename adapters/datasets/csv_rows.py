"""Reads rows from CSV with a header line, one record at a time. The delimiter is found from the header."""

import csv
import io
import itertools
import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, TextIO

from adapters.datasets.columns import Columns
from adapters.datasets.header_rows import row_maker
from adapters.datasets.records import Rows
from domain.errors import InvalidInputError
from domain.log_events import log_event
from domain.ports.dataset import BadRecord

if TYPE_CHECKING:
    from _csv import Reader

_logger = logging.getLogger(__name__)

# Ordered by preference, for headers in which two delimiters find the same number of columns.
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def rows(stream: BinaryIO, source: str, columns: Columns, *, usual: str = ",") -> Rows:
    """Yields the rows of a stream of CSV. Raises InvalidInputError if its header lacks a required column.

    Logs the delimiter if it is not `usual`.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield from _rows_of_text(text, source, columns, usual)
    finally:
        text.detach()  # the caller closes the stream


def _rows_of_text(text: TextIO, source: str, columns: Columns, usual: str) -> Rows:
    blank, first = _first_lines(text)
    delimiter = delimiter_of(first, columns) if first else usual
    reader = strict_reader(itertools.chain([first], text), delimiter)
    table = CsvTable(_header(reader, source, columns), delimiter, source, columns, usual)
    return table.rows(reader, blank)


def strict_reader(lines: Iterable[str], delimiter: str) -> "Reader":
    """Returns a reader of records. It is strict, because a file that ends inside quotes has an incomplete abstract."""
    return csv.reader(lines, strict=True, delimiter=delimiter)


class CsvTable:
    """A header, and how it makes rows of records. Logs the delimiter if it is not `usual`.

    Raises InvalidInputError if the header lacks a required column.
    """

    def __init__(self, header: list[str], delimiter: str, source: str, columns: Columns, usual: str) -> None:
        self.header = header
        self.delimiter = delimiter
        self._source = source
        self._make = row_maker(header, source, columns)
        if delimiter != usual and columns.first_time((source, delimiter)):
            _tell(source, delimiter)

    def rows(self, reader: "Reader", before: int) -> Rows:
        """Yields the rows of a reader's further records, whose lines follow `before` others."""
        width, make = len(self.header), self._make
        while True:
            line = before + reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                reason = f"The record up to line {before + reader.line_num} is not CSV: {error}."
                yield BadRecord(self._source, line, reason)
                continue
            if len(fields) == width:
                yield make(line, fields)
            elif fields:
                yield BadRecord(
                    self._source, line, f"The record has {len(fields)} fields where the header has {width}."
                )


def _first_lines(text: TextIO) -> tuple[int, str]:
    """Returns the number of leading blank lines, and the first other line, or an empty one at the end of the text."""
    for number, line in enumerate(text):
        if line.strip("\r\n"):
            return number, line
    return 0, ""


def delimiter_of(header: str, columns: Columns) -> str:
    """Returns the delimiter that finds most of the wanted columns in a header, and of several the most columns."""

    def found(delimiter: str) -> tuple[int, int]:
        try:
            names = next(csv.reader([header], delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return len(columns.places(name.strip() for name in names)), len(names)

    return max(_DELIMITERS, key=found)


def _header(reader: Iterator[list[str]], source: str, columns: Columns) -> list[str]:
    wanted = f"The first line names the columns, {' and '.join(columns.required)} among them."
    try:
        header = next(filter(None, reader), None)
    except csv.Error as error:
        raise InvalidInputError(f"{source} does not begin like CSV: {error}. {wanted}") from error
    if header is None:
        raise InvalidInputError(f"{source} is empty. {wanted}")
    return [name.strip() for name in header]


def _tell(source: str, delimiter: str) -> None:
    log_event(
        _logger,
        "delimiter_found",
        f"{source} has {_DELIMITERS[delimiter]} between its columns.",
        source=source,
        delimiter=delimiter,
    )
