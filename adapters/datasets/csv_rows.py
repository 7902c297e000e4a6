"""Rows out of CSV with a header line, read record by record."""

import csv
import io
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import BinaryIO, TextIO

from adapters.datasets.columns import DATES, UPDATED, Columns
from adapters.datasets.records import Rows
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord

_ABSENT = -1


def rows(stream: BinaryIO, source: str, columns: Columns) -> Rows:
    """The rows of a stream of CSV; raises InvalidInputError where its header lacks a required column."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    try:
        yield from _rows_of_text(text, source, columns)
    finally:
        text.detach()  # whoever opened the stream closes it


def _rows_of_text(text: TextIO, source: str, columns: Columns) -> Rows:
    # Strict, or a file that ends inside quotes would give half an abstract as a whole one.
    reader = csv.reader(text, strict=True)
    header = _header(reader, source, columns)
    if columns.missing(header):
        raise columns.refuse(header, source)
    pick = itemgetter(*_positions(header))
    width = len(header)
    while True:
        line = reader.line_num + 1
        try:
            fields: list[str | None] = list(next(reader))
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRecord(source, line, f"The record up to line {reader.line_num} is not CSV: {error}.")
            continue
        if len(fields) == width:
            fields.append(None)
            yield (line, *pick(fields))
        elif fields:
            yield BadRecord(source, line, f"The record has {len(fields)} fields where the header has {width}.")


def _header(reader: Iterator[list[str]], source: str, columns: Columns) -> list[str]:
    wanted = f"The first line names the columns, {' and '.join(columns.required)} among them."
    try:
        header = next(filter(None, reader), None)
    except csv.Error as error:
        raise InvalidInputError(f"{source} does not begin as CSV does: {error}. {wanted}") from error
    if header is None:
        raise InvalidInputError(f"{source} is empty. {wanted}")
    return [name.strip() for name in header]


def _positions(header: Sequence[str]) -> list[int]:
    date = next((name for name in DATES if name in header), "")
    wanted = ("id", "title", "abstract", "categories", date, UPDATED)
    return [header.index(name) if name in header else _ABSENT for name in wanted]
