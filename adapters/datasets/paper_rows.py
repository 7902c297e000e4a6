"""The rows of several files as one input."""

import glob
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from typing_extensions import override

from adapters.datasets.addresses import PaperFile, files_at, seekable
from adapters.datasets.columns import UNLABELLED
from adapters.datasets.formats import FORMATS, PARQUET, format_of, unknown_format
from adapters.datasets.kept_types import kept_types
from adapters.datasets.records import Limits
from adapters.datasets.runs import Runs, runs_of_file
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
            found.setdefault(str(file), file)
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
    try:
        return [_rows_of_parquet(file) for file in files]
    except (OSError, ValueError):  # reading them says what is wrong
        return None


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
        self._runs: Runs = chain.from_iterable(
            runs_of_file(file, str(known), columns, 0 if number else start)
            for number, (file, known) in enumerate(formats)
        )

    @override
    def read(self, rows: int) -> Iterator[Abstract | AbstractBatch | BadRecord]:
        for run in self._next(rows):
            yield from run.read(self._limits)

    @override
    def skip(self, rows: int) -> int:
        return sum(len(run) for run in self._next(rows))

    def _next(self, rows: int) -> Runs:
        """Yields the next rows, at most that many, and cuts a run that has more."""
        while rows > 0 and (run := next(self._runs, None)) is not None:
            if len(run) > rows:
                run, rest = run.cut(rows)
                self._runs = chain([rest], self._runs)
            rows -= len(run)
            yield run
