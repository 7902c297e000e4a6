"""Reads rows from Arrow record batches, for parquet files and Hugging Face data sets."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from adapters.datasets.columns import DATES, UPDATED, WEIGHT, Columns, one_date
from adapters.datasets.label_form import IN_LIST
from adapters.datasets.records import Row
from domain.errors import InvalidInputError

# Rows per batch, about 6 MB of text at arXiv's mean length.
BATCH_ROWS = 4096


def readable_places(schema: pa.Schema, columns: Columns, source: str) -> dict[str, str]:
    """Returns the source's name of each wanted column that it has, with at most one date.

    Raises InvalidInputError if a required column is missing, has an unreadable type or is there twice.
    """
    places = columns.places(schema.names)
    columns.refuse_repeated(schema.names, source)
    if columns.missing(places) or not columns.has_kept(schema.names):
        raise columns.refuse(schema.names, source)
    for name, theirs in places.items():
        kind = schema.field(schema.names.index(theirs)).type
        if not _readable(name, kind):
            raise InvalidInputError(f"The column {theirs} of {source} is of type {kind}; wanted is {_wanted(name)}.")
    return one_date(places)


def rows(
    batches: Iterable[pa.RecordBatch], places: Mapping[str, str], lines: Sequence[int] | None = None
) -> Iterator[Row]:
    """Yields the rows of batches, numbered from 1 or by `lines`. `places` are the columns' names in the batches."""
    return numbered(((batch, places) for batch in batches), lines)


def numbered(
    batches: Iterable[tuple[pa.RecordBatch, Mapping[str, str]]], lines: Sequence[int] | None = None
) -> Iterator[Row]:
    """Yields the rows of batches, each with its own column names, numbered from 1 across all batches or by `lines`."""
    line = 0
    for batch, places in batches:
        nothing = [None] * batch.num_rows
        values = {name: _values(name, batch.column(theirs)) for name, theirs in places.items()}
        date = next((name for name in DATES if name in values), "")
        wanted = ("id", "title", "abstract", "categories", date, UPDATED, WEIGHT)
        numbers = range(line + 1, line + batch.num_rows + 1) if lines is None else lines[line : line + batch.num_rows]
        yield from zip(numbers, *(values.get(name, nothing) for name in wanted), strict=True)
        line += batch.num_rows


def _readable(name: str, kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if _is_text(kind) or pa.types.is_null(kind):
        return True
    if name == "id":
        return bool(pa.types.is_integer(kind))
    if name == "categories":
        return _is_list(kind) and (_is_text(kind.value_type) or pa.types.is_null(kind.value_type))
    if name == WEIGHT:
        return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))
    if name in DATES or name == UPDATED:
        return bool(pa.types.is_temporal(kind)) or _is_list(kind)
    return False


def _wanted(name: str) -> str:
    others = {"id": " or whole numbers", "categories": " or lists of text", WEIGHT: " or numbers"}
    return "text" + others.get(name, " or a date" if name in DATES or name == UPDATED else "")


def _values(name: str, column: pa.Array) -> list[object]:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if name == WEIGHT and not _is_text(column.type):
        return list(column.to_pylist())
    if _is_list(column.type):
        if name != "categories":
            return list(column.to_pylist())
        # One text per row needs a tenth of the objects of a list, and is the key of the cache of categories.
        joined = pc.binary_join(column.cast(pa.list_(pa.string())), IN_LIST)
        column = pc.if_else(pc.equal(joined, ""), joined, pc.binary_join_element_wise("", joined, IN_LIST))
    elif not _is_text(column.type):
        column = column.cast(pa.string())
    return _texts(column)


def _texts(column: pa.Array) -> list[object]:
    if pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())
    try:
        return list(column.to_pylist())  # to_numpy would import pandas, which takes a second
    except (UnicodeDecodeError, pa.ArrowException):
        # Escaped bytes are refused later, with their row, when the record is made.
        raw = column.cast(pa.large_binary()).to_pylist()
        return [None if value is None else value.decode("utf-8", "surrogateescape") for value in raw]


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))
