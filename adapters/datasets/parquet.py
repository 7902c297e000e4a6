"""Reads rows from parquet, batch by batch and only the wanted columns."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.datasets import arrow_rows
from adapters.datasets.columns import Columns
from adapters.datasets.records import Rows
from domain.errors import InvalidInputError

# Without a buffer size, whole columns of row groups are read at once, such as 120 MB for 400,000 abstracts.
_BUFFER_BYTES = 1 << 20


def rows(file: Path | BinaryIO, source: str, columns: Columns) -> Rows:
    """Yields the rows of a parquet file. Raises InvalidInputError if it is not parquet, truncated or damaged."""
    return arrow_rows.numbered(batches(file, source, columns))


def batches(file: Path | BinaryIO, source: str, columns: Columns) -> Iterator[tuple[pa.RecordBatch, Mapping[str, str]]]:
    """Yields the record batches of a parquet file, with the names of the wanted columns in them.

    Raises InvalidInputError as `rows` does.
    """
    try:
        with pq.ParquetFile(file, buffer_size=_BUFFER_BYTES, pre_buffer=False) as parquet:
            places = arrow_rows.readable_places(parquet.schema_arrow, columns, source)
            wanted = list(dict.fromkeys([*places.values(), *columns.kept]))
            for batch in parquet.iter_batches(arrow_rows.BATCH_ROWS, columns=wanted, use_threads=False):
                yield batch, places
    except (pa.ArrowException, OSError) as error:
        raise InvalidInputError(
            f"{source} is not a whole parquet file ({_first_sentence(error)}). Write or download it again."
        ) from error


def _first_sentence(error: Exception) -> str:
    return str(error).partition(". ")[0].partition("\n")[0].rstrip(".")
