"""Reads abstracts from Arrow record batches as columns. Only rows that need care become objects.

A row needs care if folding its white space would change it, if a text is blank, too long or not UTF-8, or if a date or
an id is unusual. Such rows are read as those of every other format.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from adapters.datasets import arrow_rows
from adapters.datasets.columns import DATES, UPDATED
from adapters.datasets.identifier_months import months_of_identifiers
from adapters.datasets.months import day_of_value
from adapters.datasets.records import Limits, read_row
from adapters.datasets.text_columns import Strings, needs_folding, no_strings, patched
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, month_number
from domain.errors import InvalidInputError
from domain.month import FIRST_MONTH, month_filed
from domain.ports.dataset import BadRecord

_UNREADABLE = -1
Months = NDArray[np.int32]
Flags = NDArray[np.bool_]


def read_batch(
    batch: pa.RecordBatch, places: Mapping[str, str], source: str, line: int, limits: Limits
) -> Iterator[AbstractBatch | BadRecord]:
    """Yields the rows of a record batch in order, the good ones in batches. `line` is the number of the first row.

    `places` are the columns' names in the batch.
    """
    try:
        columns = _Columns.of(batch, places, limits)
    except _UnusualError:
        columns = _Columns.empty(batch.num_rows)
    careful = columns.careful.nonzero()[0]
    if not len(careful):
        yield columns.abstracts()
        return
    lines = (careful + line).tolist()
    wanted = batch.select(list(dict.fromkeys(places.values())))  # not the columns that the output keeps
    rows = arrow_rows.rows([_rows_at(wanted, careful)], places, lines)
    read = dict(zip(careful.tolist(), (read_row(row, source, limits) for row in rows), strict=True))
    good = {at: each for at, each in read.items() if isinstance(each, Abstract)}
    bad = {at: each for at, each in read.items() if isinstance(each, BadRecord)}
    yield from _without(columns.with_rows(good).abstracts(), bad)


def _rows_at(batch: pa.RecordBatch, rows: NDArray[np.intp]) -> pa.RecordBatch:
    numbers = rows.astype(np.int64)  # pa.array() would import pandas, which takes a second
    indices = pa.Array.from_buffers(pa.int64(), len(numbers), [None, pa.py_buffer(numbers)])
    return _without_views(batch).take(indices)


def _without_views(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Returns the batch with its columns of string views, which Arrow cannot take rows of, as strings."""
    if not any(pa.types.is_string_view(field.type) for field in batch.schema):
        return batch
    columns = [
        column.cast(pa.large_string()) if pa.types.is_string_view(column.type) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, batch.schema.names)


def _without(abstracts: AbstractBatch, bad: Mapping[int, BadRecord]) -> Iterator[AbstractBatch | BadRecord]:
    """Yields the abstracts with some rows replaced by bad records."""
    start = 0
    for row, record in bad.items():
        if row > start:
            yield abstracts[start:row]
        yield record
        start = row + 1
    if start < len(abstracts):
        yield abstracts[start:]


class _UnusualError(Exception):
    """A column that is not plain text."""


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    """The columns of a record batch, and the rows that need care, of which the columns may hold anything."""

    ids: Strings
    titles: Strings
    texts: Strings
    months: Months
    careful: Flags

    @classmethod
    def of(cls, batch: pa.RecordBatch, places: Mapping[str, str], limits: Limits) -> "_Columns":
        rows = batch.num_rows
        found = {name: batch.column(theirs) for name, theirs in places.items()}
        ids, titles, texts = (
            _strings(found[name]) if name in found else no_strings(rows) for name in ("id", "title", "abstract")
        )
        careful = texts.lengths() == 0
        for each in (texts, titles):
            careful |= needs_folding(each)
            careful |= each.lengths() > limits.max_characters
        by_id, odd = months_of_identifiers(ids)
        careful |= odd
        date = next((found[name] for name in DATES if name in found), None)
        months, unreadable = _months(date, by_id, found.get(UPDATED), limits.latest)
        return cls(ids, titles, texts, months, careful | unreadable)

    @classmethod
    def empty(cls, rows: int) -> "_Columns":
        """Returns columns of which every row needs care."""
        nothing = no_strings(rows)
        return cls(nothing, nothing, nothing, np.zeros(rows, np.int32), np.ones(rows, bool))

    def with_rows(self, abstracts: Mapping[int, Abstract]) -> "_Columns":
        """Returns the columns with the abstracts of some rows, and nothing in the other rows that needed care."""
        rows = self.careful.nonzero()[0]
        read = [abstracts.get(row) for row in rows.tolist()]
        months = self.months.copy()
        months[rows] = [month_number(each.month) if each else 0 for each in read]
        return _Columns(
            patched(self.ids, rows, [each.id if each else None for each in read]),
            patched(self.titles, rows, [each.title if each else None for each in read]),
            patched(self.texts, rows, [each.text if each else None for each in read]),
            months,
            self.careful,
        )

    def abstracts(self) -> AbstractBatch:
        return AbstractBatch(self.ids.column(), self.titles.column(), self.texts.column(), self.months.data)


def _strings(column: pa.Array) -> Strings:
    """Returns a column's texts, with an empty one for each missing one."""
    column = _as_text(column)
    if column.null_count:
        column = pc.fill_null(column, "")
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        raise _UnusualError from error
    if not len(column):
        return no_strings(0)
    _, ends, data = column.buffers()
    offsets = np.frombuffer(ends, np.int64) if pa.types.is_large_string(column.type) else np.frombuffer(ends, np.int32)
    return Strings(np.frombuffer(data or b"", np.uint8), offsets[column.offset : column.offset + len(column) + 1])


def _as_text(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_nested(column.type):
        raise _UnusualError
    if pa.types.is_string_view(column.type):
        return column.cast(pa.large_string())
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return column
    return column.cast(pa.string())


def _months(date: pa.Array | None, by_id: Months, updated: pa.Array | None, latest: str) -> tuple[Months, Flags]:
    """Returns the month of each row, by its date, else its identifier, else its update, and the unreadable ones."""
    first, last = month_number(FIRST_MONTH), month_number(latest)
    months = np.where((by_id >= first) & (by_id <= last), by_id, np.int32(0))
    if date is not None:
        dated = _months_of_dates(date, latest)
        months = np.where(dated != 0, dated, months)
    if updated is not None:
        months = np.where(months != 0, months, _months_of_dates(updated, latest))
    return months, months == _UNREADABLE


def _months_of_dates(column: pa.Array, latest: str) -> Months:
    """Returns the month of each date, 0 for those that are missing, and -1 for those that cannot be read."""
    coded = _as_text(column).dictionary_encode()
    months = np.array([*(_month(text, latest) for text in _texts(coded.dictionary)), 0], np.int32)
    _, codes = coded.indices.buffers()
    numbers = np.frombuffer(codes, np.int32)[: len(coded)].copy()
    numbers[_missing(coded.indices)] = len(months) - 1
    return months.take(numbers)


def _texts(column: pa.Array) -> Sequence[str | None]:
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError as error:
        raise _UnusualError from error


def _missing(column: pa.Array) -> Flags:
    nulls, _ = column.buffers()
    if nulls is None:
        return np.zeros(len(column), bool)
    missing: Flags = np.unpackbits(np.frombuffer(nulls, np.uint8), bitorder="little", count=len(column)) == 0
    return missing


def _month(text: str | None, latest: str) -> int:
    try:
        day = day_of_value(text)
        return month_number(month_filed(day, None, latest)) if day else 0
    except InvalidInputError:
        return _UNREADABLE
