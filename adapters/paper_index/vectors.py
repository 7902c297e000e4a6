"""The interface of both layouts of vectors, and the check of their input."""

from abc import abstractmethod
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

# A query's nearest rows with their cosines, nearest first.
Near = tuple[NDArray[np.int64], NDArray[np.float32]]
_LENGTH_TOLERANCE = 1e-2


class Vectors(Protocol):
    """Vectors of length 1, by row from 0."""

    @abstractmethod
    def __len__(self) -> int:
        """Returns the number of vectors."""

    @abstractmethod
    def nearest(self, queries: NDArray[np.float32], count: int) -> list[Near]:
        """Returns the `count` nearest vectors to each row of `queries`. `count` is at most the number of vectors."""


def unit_rows(vectors: memoryview, dimensions: int) -> NDArray[np.float32]:
    """Returns the buffer as an array (rows, dimensions). Raises ValueError for rows of another length than 1."""
    rows = np.asarray(vectors)
    if rows.dtype != np.float32 or rows.ndim != 2 or rows.shape[1] != dimensions:
        raise ValueError(f"vectors are {rows.dtype} of shape {rows.shape}, not float32 of shape (n, {dimensions})")
    squares = np.einsum("ij,ij->i", rows, rows)
    if not np.all(np.abs(squares - 1) < _LENGTH_TOLERANCE):  # written so that NaN fails
        raise ValueError("vectors are not of length 1")
    return rows
