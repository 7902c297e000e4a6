"""Reads rows from parquet, batch by batch and only the wanted columns."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.datasets import arrow_rows
from adapters.datasets.columns import Columns
from adapters.datasets.kept_rows import alike
from adapters.datasets.records import Rows
from domain.errors import InvalidInputError

# Without a buffer size, whole columns of row groups are read at once, such as 120 MB for 400,000 abstracts.
_BUFFER_BYTES = 1 << 20


def rows(file: Path | BinaryIO, source: str, columns: Columns) -> Rows:
    """Yields the rows of a parquet file. Raises InvalidInputError if it is not parquet, truncated or damaged."""
    return arrow_rows.numbered(batches(file, source, columns))


def batches(
    file: Path | BinaryIO, source: str, columns: Columns, start: int = 0
) -> Iterator[tuple[pa.RecordBatch, Mapping[str, str]]]:
    """Yields the record batches of a parquet file without its first `start` rows, and the wanted columns' names there.

    Raises InvalidInputError as `rows` does.
    """
    try:
        with pq.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False) as parquet:
            places = arrow_rows.readable_places(parquet.schema_arrow, columns, source)
            wanted = list(dict.fromkeys([*places.values(), *columns.kept]))
            groups, start = _groups_after(parquet.metadata, start)
            reading = {"columns": wanted, "row_groups": groups, "use_threads": False}
            for batch in parquet.iter_batches(arrow_rows.BATCH_ROWS, **reading):
                rest = batch.slice(min(start, batch.num_rows))
                start -= batch.num_rows - rest.num_rows
                if rest.num_rows:
                    yield alike(rest, columns.kept_types, source), places
    except (pa.ArrowException, OSError) as error:
        raise InvalidInputError(
            f"{source} is not a whole parquet file ({_first_sentence(error)}). Write or download it again."
        ) from error


def count(file: Path | BinaryIO) -> int:
    """Returns the number of rows of a parquet file. Raises an error of Arrow or of the system if it is not parquet."""
    return int(pq.read_metadata(file).num_rows)


def _groups_after(metadata: pq.FileMetaData, start: int) -> tuple[list[int], int]:
    """Returns the row groups that hold rows after the first `start`, and how many rows to leave out of them."""
    for group in range(metadata.num_row_groups):
        rows = metadata.row_group(group).num_rows
        if start < rows:
            return list(range(group, metadata.num_row_groups)), start
        start -= rows
    return [], 0


def _first_sentence(error: Exception) -> str:
    return str(error).partition(". ")[0].partition("\n")[0].rstrip(".")
