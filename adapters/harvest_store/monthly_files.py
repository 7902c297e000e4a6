"""Parquet files of one month each. A file appears only when it is complete."""

import contextlib
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.files.flushing import flush_folder
from adapters.files.whole import partial_beside, take_place
from adapters.harvest_store.rows import SCHEMA, Row, rows_of, table_of
from domain.errors import ArxivClassifierError, InvalidInputError

_NAME = re.compile(r"(\d{4}-(?:0[1-9]|1[0-2]))\.parquet")
_ROWS_PER_GROUP = 4096
# Without a buffer size, a whole column of a row group is read at once.
_BUFFER_BYTES = 1 << 20


class MonthlyFiles:
    """The files `YYYY-MM.parquet` of a folder, each sorted by id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def refuse_foreign(self) -> None:
        """Raises InvalidInputError if the folder is a file, or holds anything but such files and hidden ones."""
        if self._folder.exists() and not self._folder.is_dir():
            raise InvalidInputError(f"{self._folder} is a file. Name a folder to write to.")
        for path in self._visible():
            if not _NAME.fullmatch(path.name):
                raise InvalidInputError(
                    f"{self._folder} holds {path.name}, which is not of a harvest. Name another folder."
                )
            with self._opened(path) as file:
                if file.schema_arrow.names != SCHEMA.names:
                    raise InvalidInputError(
                        f"{path} has the columns {', '.join(file.schema_arrow.names)}; a harvest's file has "
                        f"{', '.join(SCHEMA.names)}. Name another folder."
                    )

    def remove_leftovers(self) -> None:
        """Removes incomplete files of a killed process."""
        with contextlib.suppress(OSError):
            for path in self._folder.glob(".????-??.*.part"):
                path.unlink(missing_ok=True)

    def held(self) -> dict[str, int]:
        """Returns the number of papers by month."""
        counts = {}
        for path in self._visible():
            with self._opened(path) as file:
                counts[path.stem] = int(file.metadata.num_rows)
        return counts

    def months_with(self, ids: pa.Array) -> dict[str, set[str]]:
        """Returns the given ids that each month's file has, for months that have any."""
        found: dict[str, set[str]] = {}
        for path in self._visible():
            with self._opened(path) as file:
                for batch in file.iter_batches(batch_size=_ROWS_PER_GROUP, columns=["id"]):
                    column = batch.column(0)
                    hits = column.filter(pc.is_in(column, value_set=ids)).to_pylist()
                    if hits:
                        found.setdefault(path.stem, set()).update(hits)
        return found

    def rows(self, month: str) -> Iterator[Row]:
        """Yields the papers of a month, sorted by id, or none if it has no file."""
        path = self._path(month)
        if not path.is_file():
            return
        with self._opened(path) as file:
            for batch in file.iter_batches(batch_size=_ROWS_PER_GROUP, columns=SCHEMA.names):
                yield from rows_of(batch)

    def replace(self, month: str, rows: Iterable[Row]) -> None:
        """Replaces a month's rows at once. Without rows, the file is removed."""
        path = self._path(month)
        with self._sentences(), partial_beside(path) as partial:
            if self._write(partial, rows):
                take_place(partial, path)
            else:
                path.unlink(missing_ok=True)
                flush_folder(self._folder)

    def _write(self, partial: Path, rows: Iterable[Row]) -> int:
        written, remaining = 0, iter(rows)
        with partial.open("wb") as stream, pq.ParquetWriter(stream, SCHEMA, compression="zstd") as writer:
            while some := list(islice(remaining, _ROWS_PER_GROUP)):
                writer.write_table(table_of(some))
                written += len(some)
        return written

    def _path(self, month: str) -> Path:
        return self._folder / f"{month}.parquet"

    def _visible(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return sorted(path for path in self._folder.iterdir() if not path.name.startswith("."))

    @contextlib.contextmanager
    def _opened(self, path: Path) -> Iterator[pq.ParquetFile]:
        try:
            with pq.ParquetFile(path, buffer_size=_BUFFER_BYTES, pre_buffer=False) as file:
                yield file
        except (pa.ArrowException, OSError) as error:
            raise InvalidInputError(f"{path} is not a whole parquet file. Remove it, and harvest again.") from error

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            reason = (getattr(error, "strerror", None) or str(error)).rstrip(".")
            raise ArxivClassifierError(
                f"Writing to {self._folder} failed: {reason}. What was written is complete; run the command again."
            ) from error
