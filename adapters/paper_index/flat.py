"""Vectors in a flat file that every search reads whole. It is exact, and fast for few vectors."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from adapters.paper_index.manifest import REMEDY
from adapters.paper_index.vectors import Near, Vectors
from domain.errors import CorruptModelError

_LITTLE_ENDIAN = np.dtype("<f4")
_QUERIES_AT_ONCE = 64
# Larger products run in OpenBLAS's threads, which wait for one another: up to 70 ms on a busy machine, against 4 ms.
_VECTORS_AT_ONCE = 1024


class FlatVectors(Vectors):
    """A C-contiguous float32 array (vectors, dimensions)."""

    def __init__(self, vectors: NDArray[np.float32]) -> None:
        self._vectors = vectors

    @staticmethod
    def mapped(path: Path, dimensions: int) -> "FlatVectors":
        """Returns the vectors that `save` wrote, memory-mapped."""
        try:
            numbers = np.asarray(np.memmap(path, dtype=_LITTLE_ENDIAN, mode="r"))
            return FlatVectors(numbers.reshape(-1, dimensions))
        except (OSError, ValueError) as error:
            raise CorruptModelError(f"{path} cannot be read: {error}. {REMEDY}") from error

    def save(self, path: Path) -> None:
        """Writes the bare numbers, row by row."""
        self._vectors.astype(_LITTLE_ENDIAN, copy=False).tofile(path)

    @override
    def __len__(self) -> int:
        return len(self._vectors)

    @override
    def nearest(self, queries: NDArray[np.float32], count: int) -> list[Near]:
        found: list[Near] = []
        for start in range(0, len(queries), _QUERIES_AT_ONCE):
            cosines = self._cosines(queries[start : start + _QUERIES_AT_ONCE])
            found.extend(_best(row, count) for row in cosines)
        return found

    def _cosines(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        cosines = np.empty((len(queries), len(self)), np.float32)
        for start in range(0, len(self), _VECTORS_AT_ONCE):
            block = self._vectors[start : start + _VECTORS_AT_ONCE]
            cosines[:, start : start + len(block)] = queries @ block.T
        return cosines


def _best(cosines: NDArray[np.float32], count: int) -> Near:
    rows = np.argpartition(-cosines, count - 1)[:count]
    rows = rows[np.lexsort((rows, -cosines[rows]))]
    return rows, cosines[rows]
