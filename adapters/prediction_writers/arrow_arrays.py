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


def _column(values: TextColumn) -> pa.Array:
    offsets = np.asarray(values.offsets)
    ends = (offsets - offsets[0]).astype(np.int32)
    present = np.packbits(ends[1:] > ends[:-1], bitorder="little")
    buffers = [pa.py_buffer(present), pa.py_buffer(ends), pa.py_buffer(values.bytes())]
    return pa.Array.from_buffers(pa.string(), len(values), buffers)
