"""Checks that a baseline's tensors fit one another, the vocabulary and the categories."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from adapters.classifiers.baseline.months import YEARS

# Sums of thousands of products of such numbers stay far below float32's maximum, 3e38.
_LARGEST = 1e9


def check_tensors(tensors: Mapping[str, Any], *, terms: int, categories: int) -> None:
    """Raises ValueError, with the tensor's name, if a type, shape or value cannot be served."""
    pairs = _of(tensors, "bigrams", (np.int32,), (-1, 2))
    keys = pairs.astype(np.int64) @ np.array([max(1, terms), 1])
    if len(pairs) and (pairs.min() < 0 or pairs.max() >= terms or (np.diff(keys) <= 0).any()):
        raise ValueError(f"bigrams are not ascending pairs of the {terms} terms")
    features = terms + len(pairs)
    _of(tensors, "idf", (np.float32,), (features,))
    table = _of(tensors, "bag.table", (np.int8, np.float32), (features, -1))
    _of(tensors, "bag.scale", (np.float32,), (features,))
    _of(tensors, "bag.bias", (np.float32,), (table.shape[1],))
    if "months.kernel" in tensors:
        _of(tensors, "months.kernel", (np.float32,), (len(YEARS), table.shape[1]))
        _of(tensors, "months.today", (np.int32,), (1,))
    width = table.shape[1] - categories
    layers = sum(name.startswith("dense.") for name in tensors) // 2
    for number in range(layers):
        kernel = _of(tensors, f"dense.{number}.kernel", (np.float32,), (width, -1))
        width = kernel.shape[1]
        _of(tensors, f"dense.{number}.bias", (np.float32,), (width,))
    if not layers or width != categories:
        raise ValueError(f"the last layer does not give {categories} categories")


def _of(tensors: Mapping[str, Any], name: str, types: tuple[type, ...], shape: tuple[int, ...]) -> Any:
    """Returns the named tensor after checking type, shape (-1 for any size) and values."""
    found = tensors[name]
    fits = len(found.shape) == len(shape) and all(w in (-1, n) for w, n in zip(shape, found.shape, strict=True))
    if found.dtype.type not in types or not fits:
        wanted = " or ".join(kind.__name__ for kind in types)
        sizes = ", ".join("any" if size < 0 else str(size) for size in shape)
        raise ValueError(f"{name} is {found.dtype} of shape {found.shape}, not {wanted} of shape ({sizes})")
    # Minimum and maximum of an array with NaN are NaN, which fails both comparisons.
    if found.dtype.kind == "f" and found.size and not (found.min() >= -_LARGEST and found.max() <= _LARGEST):
        raise ValueError(f"{name} holds a number that is not finite, or beyond {_LARGEST:,.0f}")
    return found
