"""The values of columns of the input that the output keeps."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol


class KeptRows(Protocol):
    """Values of some columns, one row per abstract. Arrow libraries read them by `__arrow_c_array__`."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""

    @abstractmethod
    def __len__(self) -> int:
        """Returns the number of rows."""

    @abstractmethod
    def __getitem__(self, rows: slice, /) -> "KeptRows":
        """Returns some rows that follow one another."""

    @abstractmethod
    def joined(self, others: Sequence["KeptRows"]) -> "KeptRows":
        """Returns these rows and those of others with the same names."""

    @abstractmethod
    def values(self) -> Sequence[Sequence[object]]:
        """Returns the values of each row: text, numbers, truth values, lists, mappings or None."""

    @abstractmethod
    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        """Returns the rows as an Arrow structure with a field per column."""
