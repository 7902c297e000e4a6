"""Arrow arrays from buffers. pa.array() would import pandas, which takes a second."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from domain.abstract_batch import TextColumn


def numbers(values: ArrayLike | memoryview, kind: pa.DataType, present: NDArray[np.bool_] | None = None) -> pa.Array:
    """Returns an array of numbers. Those that are not `present` are null."""
    held = np.ascontiguousarray(values, dtype=kind.to_pandas_dtype())
    mask = None if present is None else pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(kind, len(held), [mask, pa.py_buffer(held)])


def texts(values: Sequence[str | None]) -> pa.Array:
    """Returns an array of texts."""
    if isinstance(values, TextColumn):
        return _column(values)
    # An id may hold half a surrogate pair, which JSON can express and parquet cannot.
    encoded = [(text or "").encode("utf-8", "backslashreplace") for text in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    present = np.packbits(np.array([text is not None for text in values], bool), bitorder="little")
    buffers = [pa.py_buffer(present), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def without_views(kind: pa.DataType) -> pa.DataType:
    """Returns the type with plain text and bytes in place of views, of which Arrow cannot take rows."""
    if pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(without_views(field.type)) for field in kind])
    if pa.types.is_map(kind):
        return pa.map_(without_views(kind.key_type), without_views(kind.item_type))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(_item(kind), kind.list_size)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return (pa.large_list if pa.types.is_large_list(kind) else pa.list_)(_item(kind))
    return kind


def _item(kind: pa.DataType) -> pa.Field:
    return kind.value_field.with_type(without_views(kind.value_type))


def _column(values: TextColumn) -> pa.Array:
    offsets = np.asarray(values.offsets)
    ends = (offsets - offsets[0]).astype(np.int32)
    present = np.packbits(ends[1:] > ends[:-1], bitorder="little")
    buffers = [pa.py_buffer(present), pa.py_buffer(ends), pa.py_buffer(values.bytes())]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)
