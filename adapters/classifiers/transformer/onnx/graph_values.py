"""Checks that the values stored in an ONNX graph are finite, without the library onnx, which only training installs."""

from collections.abc import Iterator
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np

from adapters.classifiers.transformer.onnx.protobuf import Field, fields
from domain.errors import CorruptModelError

# Field numbers in onnx.proto of a model, a graph and a tensor, and numbers of tensor types.
_GRAPH, _INITIALIZER = 7, 5
_DATA_TYPE, _FLOAT_DATA, _NAME, _RAW_DATA, _EXTERNAL_DATA, _DATA_LOCATION = 2, 4, 8, 9, 13, 14
_TYPES: dict[int, type[np.floating]] = {1: np.float32, 10: np.float16, 11: np.float64}
# Sums of thousands of products of such numbers stay far below float32's maximum, 3e38.
_LARGEST = 1e9


def check_values(path: Path) -> None:
    """Raises CorruptModelError, with the tensor's name, for values not finite, beyond 1e9 or in another file."""
    try:
        _check_values(path)
    except (OSError, ValueError, IndexError) as error:
        raise CorruptModelError(f"{path} cannot be read ({error}). Restore or retrain the model.") from error


def _check_values(path: Path) -> None:
    with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as model:
        for tensor in _initializers(model):
            found = list(fields(model, tensor.start, tensor.end))
            numbers = {field.number: field for field in found}
            name = _text(model, numbers.get(_NAME))
            if _EXTERNAL_DATA in numbers or _DATA_LOCATION in numbers:
                raise ValueError(f"its tensor {name} is kept in another file")
            kind = _TYPES.get(model[numbers[_DATA_TYPE].start]) if _DATA_TYPE in numbers else None
            for field in found:
                if kind and field.number in (_RAW_DATA, _FLOAT_DATA) and not _all_fit(model, field, kind):
                    raise ValueError(f"its tensor {name} holds a number that is not finite, or beyond {_LARGEST:,.0f}")


def _initializers(model: mmap) -> Iterator[Field]:
    for graph in fields(model, 0, len(model)):
        if graph.number == _GRAPH:
            yield from (part for part in fields(model, graph.start, graph.end) if part.number == _INITIALIZER)


def _all_fit(model: mmap, field: Field, kind: type[np.floating]) -> bool:
    count, rest = divmod(field.end - field.start, np.dtype(kind).itemsize)
    if rest:
        raise ValueError("a tensor's bytes are not a whole number of values")
    # A copy, because a view would keep the file mapped.
    values = np.frombuffer(model[field.start : field.end], kind, count)
    # Minimum and maximum of an array with NaN are NaN, which fails both comparisons.
    return not count or bool(values.min() >= -_LARGEST and values.max() <= _LARGEST)


def _text(model: mmap, field: Field | None) -> str:
    return model[field.start : field.end].decode("utf-8", "replace") if field else "without a name"
