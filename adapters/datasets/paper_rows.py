"""The rows of several files as one input."""

import glob
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from typing_extensions import override

from adapters.datasets.addresses import PaperFile, files_at, seekable
from adapters.datasets.columns import UNLABELLED
from adapters.datasets.formats import FORMATS, PARQUET, format_of, unknown_format
from adapters.datasets.kept_types import kept_types
from adapters.datasets.records import Limits
from adapters.datasets.runs import Run, Runs, runs_of_file
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.address import is_address
from domain.errors import InvalidInputError
from domain.month import Clock, latest_day, system_clock
from domain.ports.dataset import BadRecord
from domain.ports.prediction_parts import PaperRows


def input_files(sources: Sequence[str], format: str | None = None) -> list[PaperFile]:
    """Returns the files that paths, folders, patterns (`papers/*.parquet`) and addresses name, each once, in order.

    The files of a folder or a pattern are sorted by name. In a folder, only files with a known format's suffix count.
    Raises InvalidInputError if one of them names no file.
    """
    found: dict[str, PaperFile] = {}
    for source in sources:
        files: Sequence[PaperFile] = (
            files_at(source, lambda file: bool(format or format_of(file)))
            if is_address(source)
            else _files_of(source, format)
        )
        for file in files:
            found.setdefault(os.path.abspath(file) if isinstance(file, Path) else str(file), file)
    return list(found.values())


def _files_of(source: str, format: str | None) -> list[Path]:
    path = Path(source)
    if path.is_dir():
        files = sorted(each for each in path.rglob("*") if each.is_file() and (format or format_of(each)))
        files = [each for each in files if not any(part.startswith(".") for part in each.relative_to(path).parts)]
        if not files:
            raise InvalidInputError(f"The folder {source} has no file of papers (.parquet, .jsonl, .csv, .tsv, .xlsx).")
        return files
    if path.exists():
        return [path]
    files = sorted(Path(each) for each in glob.glob(source, recursive=True) if Path(each).is_file())
    if not files:
        raise InvalidInputError(f"There is no file {source}. Check its path.")
    return files


def row_counts(files: Sequence[PaperFile], format: str | None = None) -> list[int] | None:
    """Returns how many rows each file has, None if only reading them would tell."""
    if any((format or format_of(file)) != PARQUET for file in files):
        return None
    sizes = [_size(file) for file in files]
    return None if None in sizes else [size for size in sizes if size is not None]


def _rows_of_parquet(file: PaperFile) -> int:
    from adapters.datasets.parquet import count

    with seekable(file) as opened:
        return count(opened)


class RowsOfFiles(PaperRows):
    """The rows of files, file by file, without the first `start` of a first file of parquet.

    `types` are those of `kept_types`, if `files` are not all of the input. The other parameters are those of
    `read_abstracts`.
    """

    def __init__(
        self,
        files: Sequence[PaperFile],
        *,
        format: str | None = None,
        max_characters: int,
        named: Mapping[str, str] | None = None,
        kept: Sequence[str] = (),
        types: Mapping[str, object] | None = None,
        now: Clock = system_clock,
        start: int = 0,
    ) -> None:
        self._limits = Limits(max_characters, latest_day(now()))
        columns = UNLABELLED.called(named or {}).keeping(
            kept, kept_types(files, format, kept) if types is None else types
        )
        formats = [(file, format or format_of(file)) for file in files]
        for file, known in formats:
            if known not in FORMATS:
                raise unknown_format(known, str(file))
        self._columns = columns
        # Files that are not open yet, each with the number of its first rows to leave out.
        self._waiting = deque(
            (file, str(known), 0 if number else start) for number, (file, known) in enumerate(formats)
        )
        self._runs: Runs = iter(())  # of the file that is open
        self._rest: Run | None = None  # of a run that was cut

    @override
    def read(self, rows: int) -> Iterator[Abstract | AbstractBatch | BadRecord]:
        while rows > 0 and (run := self._next(rows)) is not None:
            rows -= len(run)
            yield from run.read(self._limits)

    @override
    def skip(self, rows: int) -> int:
        left = rows
        while left > 0:
            if (run := self._opened(left)) is not None:
                left -= len(run)
            elif self._waiting:
                left -= self._pass_unopened(left)
            else:
                break
        return rows - left

    def _next(self, rows: int) -> Run | None:
        """Returns the next rows, at most that many, or None at the end."""
        while (run := self._opened(rows)) is None and self._waiting:
            self._open(*self._waiting.popleft())
        return run

    def _opened(self, rows: int) -> Run | None:
        """Returns the next rows of the open file, at most that many, or None at its end."""
        run = next(self._runs, None) if self._rest is None else self._rest
        self._rest = None
        if run is not None and len(run) > rows:
            run, self._rest = run.cut(rows)
        return run

    def _pass_unopened(self, rows: int) -> int:
        """Passes over at most that many rows of the next file, and returns how many. It opens one of unknown size."""
        file, known, start = self._waiting.popleft()
        size = _size(file) if known == PARQUET else None
        if size is None:
            self._open(file, known, start)
            return 0
        if start + rows < size:
            self._waiting.appendleft((file, known, start + rows))
        return min(rows, size - start)

    def _open(self, file: PaperFile, known: str, start: int) -> None:
        self._runs = runs_of_file(file, known, self._columns, start)


def _size(file: PaperFile) -> int | None:
    """Returns the number of rows of a parquet file, or None if reading it says what is wrong."""
    try:
        return _rows_of_parquet(file)
    except (OSError, ValueError):
        return None
