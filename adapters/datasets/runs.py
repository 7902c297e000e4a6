"""The rows of a file in runs: of parquet and long texts a record batch at a time, of others a row at a time."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from typing_extensions import override

from adapters.datasets.addresses import PaperFile, seekable
from adapters.datasets.columns import Columns
from adapters.datasets.compression import opened
from adapters.datasets.formats import BETWEEN, JSONL, NAMES, PARQUET, refuse_missing, rows_of_file
from adapters.datasets.kept_rows import ArrowKept, ListedKept, with_kept
from adapters.datasets.record_blocks import Block
from adapters.datasets.records import Limits, Row, Rows, read_row
from adapters.datasets.text_check import refuse_no_text
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
_LEAST_BYTES = 1 << 20  # of a text file for which Arrow is imported
_ROWS_PER_RUN = 512  # of a format that is read row by row, if columns are kept


def runs_of_file(path: PaperFile, file_format: str, columns: Columns, start: int = 0) -> Runs:
    """Yields the rows of a file in one of FORMATS, of parquet without the first `start`.

    Raises InvalidInputError if the file cannot be read to its end.
    """
    if file_format == PARQUET:
        refuse_missing(path)
        with seekable(path) as file:
            yield from runs_of_parquet(file, str(path), columns, start)
    elif file_format in NAMES and not columns.kept and _is_long(path):
        with opened(path) as stream:
            yield from _runs_of_blocks(stream, str(path), file_format, columns)
    else:
        yield from runs_of_rows(rows_of_file(path, file_format, columns), str(path), columns.kept)


def runs_of_parquet(file: Path | BinaryIO, source: str, columns: Columns, start: int = 0) -> Runs:
    """Yields the rows of a parquet file without the first `start`. A stream must be seekable."""
    from adapters.datasets import parquet

    line = start + 1
    for batch, places in parquet.batches(file, source, columns, start):
        yield _ArrowRun(batch, places, source, line, columns.kept)
        line += batch.num_rows


def _is_long(path: PaperFile) -> bool:
    return not isinstance(path, Path) or (path.is_file() and path.stat().st_size >= _LEAST_BYTES)


def _runs_of_blocks(stream: BinaryIO, source: str, file_format: str, columns: Columns) -> Runs:
    refuse_no_text(stream, source, NAMES[file_format])
    for each in _blocks(stream, source, file_format, columns):
        if isinstance(each, Block):
            yield _ArrowRun(each.batch, each.places, source, each.line)
        else:
            yield from runs_of_rows(each, source)


def _blocks(stream: BinaryIO, source: str, file_format: str, columns: Columns) -> Iterator[Block | Rows]:
    if file_format == JSONL:
        from adapters.datasets import json_batches

        return json_batches.blocks(stream, source, columns)
    from adapters.datasets import csv_batches

    return csv_batches.blocks(stream, source, columns, usual=BETWEEN[file_format])


def runs_of_rows(rows: Rows, source: str, kept: tuple[str, ...] = ()) -> Runs:
    """Yields rows one by one, or some at a time if columns are kept."""
    if kept:
        return (_KeptRun(some, source, kept) for some in iter(lambda: list(islice(rows, _ROWS_PER_RUN)), []))
    return (_RowRun(row, source) for row in rows)


@dataclass(frozen=True, slots=True, eq=False)
class _ArrowRun(Run):
    """The rows of a record batch, the first of which has the number `line`."""

    batch: "pa.RecordBatch"
    places: Mapping[str, str]
    source: str
    line: int
    kept: tuple[str, ...] = ()

    @override
    def __len__(self) -> int:
        return int(self.batch.num_rows)

    @override
    def cut(self, rows: int) -> tuple[Run, Run]:
        rest = replace(self, batch=self.batch.slice(rows), line=self.line + rows)
        return replace(self, batch=self.batch.slice(0, rows)), rest

    @override
    def read(self, limits: Limits) -> Iterator[Abstract | AbstractBatch | BadRecord]:
        from adapters.datasets.arrow_batches import read_batch

        found = read_batch(self.batch, self.places, self.source, self.line, limits)
        if not self.kept:
            return found
        return with_kept(found, ArrowKept(self.batch.select(list(self.kept))))


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


@dataclass(frozen=True, slots=True, eq=False)
class _KeptRun(Run):
    """Rows whose last value holds the kept columns."""

    rows: Sequence[Row | BadRecord]
    source: str
    kept: tuple[str, ...]

    @override
    def __len__(self) -> int:
        return len(self.rows)

    @override
    def cut(self, rows: int) -> tuple[Run, Run]:
        return replace(self, rows=self.rows[:rows]), replace(self, rows=self.rows[rows:])

    @override
    def read(self, limits: Limits) -> Iterator[Abstract | AbstractBatch | BadRecord]:
        nothing = [None] * len(self.kept)
        values = [nothing if isinstance(row, BadRecord) else cast(Sequence[object], row[-1]) for row in self.rows]
        found = (read_row(row, self.source, limits) for row in self.rows)
        return with_kept(found, ListedKept(self.kept, values))
