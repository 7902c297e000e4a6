"""The values of the input's columns that the output keeps, beside the abstracts of their rows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from typing_extensions import override

from adapters.files.json_values import json_text
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, TextColumn
from domain.errors import InvalidInputError
from domain.kept_rows import KeptRows
from domain.ports.dataset import BadRecord


def with_kept(
    rows: Iterable[Abstract | AbstractBatch | BadRecord], kept: KeptRows
) -> Iterator[AbstractBatch | BadRecord]:
    """Yields the same rows, the good ones in batches with what is kept. Row i of `rows` is row i of `kept`."""
    start = 0
    waiting: list[Abstract] = []
    for each in rows:
        if isinstance(each, Abstract):
            waiting.append(each)
            continue
        if waiting:
            yield replace(AbstractBatch.of(waiting), kept=kept[start : start + len(waiting)])
            start, waiting = start + len(waiting), []
        count = 1 if isinstance(each, BadRecord) else len(each)
        yield each if isinstance(each, BadRecord) else replace(each, kept=kept[start : start + count])
        start += count
    if waiting:
        yield replace(AbstractBatch.of(waiting), kept=kept[start:])


def alike(batch: Any, types: Mapping[str, Any], source: str) -> Any:
    """Returns a record batch with columns of some types. Raises InvalidInputError if a type cannot hold a value."""
    import pyarrow as pa

    for name, kind in types.items():
        place = batch.schema.get_field_index(name)
        column = batch.column(place)
        if column.type == kind:
            continue
        try:
            batch = batch.set_column(place, name, column.cast(kind))
        except pa.ArrowException as error:
            raise InvalidInputError(
                f"The column {name} of {source} is of type {column.type}. With those of the other files it would be "
                f"kept as {kind}, which cannot be: {error}. Leave it out, or write one type."
            ) from error
    return batch


class ArrowKept(KeptRows):
    """Rows of an Arrow record batch, which keep their types."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return tuple(self._batch.schema.names)

    @override
    def __len__(self) -> int:
        return int(self._batch.num_rows)

    @override
    def __getitem__(self, rows: slice, /) -> "ArrowKept":
        start, stop, _ = rows.indices(len(self))
        return ArrowKept(self._batch.slice(start, max(0, stop - start)))

    @override
    def joined(self, others: Sequence[KeptRows]) -> KeptRows:
        import pyarrow as pa

        schema = self._batch.schema
        batches = [pa.record_batch(other) for other in others]
        try:
            alike = [batch if batch.schema.equals(schema) else batch.cast(schema) for batch in batches]
            return ArrowKept(pa.concat_batches([self._batch, *alike]))
        except pa.ArrowException as error:
            raise InvalidInputError(f"A column to keep has another type in another file: {error}.") from error

    @override
    def values(self) -> Sequence[Sequence[object]]:
        try:
            columns = [column.to_pylist() for column in self._batch.columns]
        except UnicodeDecodeError as error:
            raise InvalidInputError(
                f"A column to keep is not valid UTF-8 ({error}). Save the file as UTF-8."
            ) from error
        return [[None if value != value else value for value in row] for row in zip(*columns, strict=True)]

    @override
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        found: tuple[object, object] = self._batch.__arrow_c_array__(requested_schema)
        return found


class ListedKept(KeptRows):
    """Rows as lists of values. Arrow gets each value as text, and values of other types as JSON."""

    def __init__(self, names: tuple[str, ...], rows: Sequence[Sequence[object]]) -> None:
        self._names = names
        self._rows = rows

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return self._names

    @override
    def __len__(self) -> int:
        return len(self._rows)

    @override
    def __getitem__(self, rows: slice, /) -> "ListedKept":
        return ListedKept(self._names, self._rows[rows])

    @override
    def joined(self, others: Sequence[KeptRows]) -> KeptRows:
        return ListedKept(self._names, [*self._rows, *(row for other in others for row in other.values())])

    @override
    def values(self) -> Sequence[Sequence[object]]:
        return self._rows

    @override
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        import pyarrow as pa

        columns = [_text_array([_text(row[place]) for row in self._rows]) for place in range(len(self._names))]
        batch = pa.RecordBatch.from_arrays(columns, names=list(self._names))
        found: tuple[object, object] = batch.__arrow_c_array__(requested_schema)
        return found


def _text(value: object) -> str | None:
    if value is None or value == "" or value != value:
        return None
    text = value if isinstance(value, str) else json_text(value, ascii=False)
    # A JSON string may hold half a surrogate pair, which Arrow cannot express.
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def _text_array(texts: Sequence[str | None]) -> Any:
    import numpy as np
    import pyarrow as pa

    column = TextColumn.of(texts)
    ends = np.asarray(column.offsets)
    present = pa.py_buffer(np.packbits(ends[1:] > ends[:-1], bitorder="little"))
    buffers = [present, pa.py_buffer(ends), pa.py_buffer(column.data)]
    return pa.Array.from_buffers(pa.large_string(), len(texts), buffers).cast(pa.string())
