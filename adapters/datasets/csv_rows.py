"""Rows out of CSV with a header line, read record by record; what stands between fields is found in that line."""

import csv
import io
import itertools
import logging
from collections.abc import Iterator
from typing import BinaryIO, TextIO

from adapters.datasets.columns import Columns
from adapters.datasets.header_rows import row_maker
from adapters.datasets.records import Rows
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord

_logger = logging.getLogger(__name__)

# A comma first: of two that find as many of the wanted columns, and as many columns, the first one is taken.
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def rows(stream: BinaryIO, source: str, columns: Columns, *, usual: str = ",") -> Rows:
    """The rows of a stream of CSV; raises InvalidInputError where its header lacks a required column.

    Where fields have something other than `usual` between them, the log says so.
    """
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield from _rows_of_text(text, source, columns, usual)
    finally:
        text.detach()  # whoever opened the stream closes it


def _rows_of_text(text: TextIO, source: str, columns: Columns, usual: str) -> Rows:
    blank, first = _first_lines(text)
    delimiter = _delimiter(first, columns) if first else usual
    # Strict, or a file that ends inside quotes would give half an abstract as a whole one.
    reader = csv.reader(itertools.chain([first], text), strict=True, delimiter=delimiter)
    header = _header(reader, source, columns)
    make = row_maker(header, source, columns)
    if delimiter != usual and columns.first_time((source, delimiter)):
        _tell(source, delimiter)
    width = len(header)
    while True:
        line = blank + reader.line_num + 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRecord(source, line, f"The record up to line {blank + reader.line_num} is not CSV: {error}.")
            continue
        if len(fields) == width:
            yield make(line, fields)
        elif fields:
            yield BadRecord(source, line, f"The record has {len(fields)} fields where the header has {width}.")


def _first_lines(text: TextIO) -> tuple[int, str]:
    """How many blank lines come first, and the first line that is none; an empty one where the text ends."""
    for number, line in enumerate(text):
        if line.strip("\r\n"):
            return number, line
    return 0, ""


def _delimiter(header: str, columns: Columns) -> str:
    """The one that finds most of the wanted columns in a header, and of several the one that finds most columns."""

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
        raise InvalidInputError(f"{source} does not begin as CSV does: {error}. {wanted}") from error
    if header is None:
        raise InvalidInputError(f"{source} is empty. {wanted}")
    return [name.strip() for name in header]


def _tell(source: str, delimiter: str) -> None:
    _logger.info(
        "%s has %s between its columns.",
        source,
        _DELIMITERS[delimiter],
        extra={"event": "delimiter_found", "source": source, "delimiter": delimiter},
    )
