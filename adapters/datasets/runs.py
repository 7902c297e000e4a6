"""The rows of a file in runs: of parquet a record batch at a time, of other formats a row at a time."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from typing_extensions import override

from adapters.datasets.columns import Columns
from adapters.datasets.formats import PARQUET, refuse_missing, rows_of_file
from adapters.datasets.records import Limits, Row, Rows, read_row
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.ports.dataset import BadRecord

if TYPE_CHECKING:
    import pyarrow as pa


class Run(Protocol):
    """Some rows that follow one another in a source."""

    @abstractmethod
    def __len__(self) -> int:
        """Returns the number of rows."""

    @abstractmethod
    def cut(self, rows: int) -> tuple["Run", "Run"]:
        """Returns the first `rows` rows, of which there are more, and the others."""

    @abstractmethod
    def read(self, limits: Limits) -> Iterator[Abstract | AbstractBatch | BadRecord]:
        """Yields the rows in order, good ones one by one or in batches."""


Runs = Iterator[Run]


def runs_of_file(path: Path, file_format: str, columns: Columns) -> Runs:
    """Yields the rows of a file in one of FORMATS. Raises InvalidInputError if it cannot be read to its end."""
    if file_format == PARQUET:
        refuse_missing(path)
        yield from runs_of_parquet(path, str(path), columns)
    else:
        yield from runs_of_rows(rows_of_file(path, file_format, columns), str(path))


def runs_of_parquet(file: Path | BinaryIO, source: str, columns: Columns) -> Runs:
    """Yields the rows of a parquet file. A stream must be seekable."""
    from adapters.datasets import parquet

    line = 1
    for batch, places in parquet.batches(file, source, columns):
        yield _ArrowRun(batch, places, source, line)
        line += batch.num_rows


def runs_of_rows(rows: Rows, source: str) -> Runs:
    """Yields rows one by one."""
    return (_RowRun(row, source) for row in rows)


@dataclass(frozen=True, slots=True, eq=False)
class _ArrowRun(Run):
    """The rows of a record batch, the first of which has the number `line`."""

    batch: "pa.RecordBatch"
    places: Mapping[str, str]
    source: str
    line: int

    @override
    def __len__(self) -> int:
        return int(self.batch.num_rows)

    @override
    def cut(self, rows: int) -> tuple[Run, Run]:
        rest = _ArrowRun(self.batch.slice(rows), self.places, self.source, self.line + rows)
        return _ArrowRun(self.batch.slice(0, rows), self.places, self.source, self.line), rest

    @override
    def read(self, limits: Limits) -> Iterator[Abstract | AbstractBatch | BadRecord]:
        from adapters.datasets.arrow_batches import read_batch

        return read_batch(self.batch, self.places, self.source, self.line, limits)


@dataclass(frozen=True, slots=True, eq=False)
class _RowRun(Run):
    row: Row | BadRecord
    source: str

    @override
    def __len__(self) -> int:
        return 1

    @override
    def cut(self, rows: int) -> tuple[Run, Run]:
        raise ValueError(f"{rows} rows of 1")

    @override
    def read(self, limits: Limits) -> Iterator[Abstract | AbstractBatch | BadRecord]:
        yield read_row(self.row, self.source, limits)
