"""Writes train.parquet, validation.parquet and test.parquet, all of them or none."""

import contextlib
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from typing_extensions import override

from adapters.files.whole import publish_folder, take_place
from domain.errors import ArxivClassifierError, InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Split
from domain.ports.paper_writer import PaperWriter

ROWS_PER_GROUP = 8192
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("abstract", pa.string()),
        ("categories", pa.list_(pa.string())),
        ("year_month", pa.string()),
        ("weight", pa.float64()),
    ]
)


class SplitFiles(PaperWriter):
    """Three parquet files in a folder, which is created if needed.

    They are written to a hidden folder first. Then one rename publishes a new folder, or one each moves the files into
    an existing folder. A folder that already has such files is refused.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._partial = _partial_folder(folder)
        self._waiting: dict[Split, list[LabelledAbstract]] = {split: [] for split in Split}
        self._writers: dict[Split, pq.ParquetWriter] = {}

    @override
    def begin(self) -> None:
        with _sentences(self._folder):
            self._partial.mkdir(parents=True)
            for split in Split:
                path = self._partial / _file(split)
                self._writers[split] = pq.ParquetWriter(path, _SCHEMA, compression="zstd")

    @override
    def add(self, split: Split, paper: LabelledAbstract) -> None:
        waiting = self._waiting[split]
        waiting.append(paper)
        if len(waiting) >= ROWS_PER_GROUP:
            self._flush(split)

    @override
    def finish(self) -> None:
        for split in Split:
            self._flush(split)
        with _sentences(self._folder):
            for writer in self._writers.values():
                writer.close()
            self._appear()

    @override
    def discard(self) -> None:
        for writer in self._writers.values():
            with contextlib.suppress(OSError, pa.ArrowException):
                writer.close()
        shutil.rmtree(self._partial, ignore_errors=True)

    def _flush(self, split: Split) -> None:
        if self._waiting[split]:
            with _sentences(self._folder):
                self._writers[split].write_table(_table(self._waiting[split]))
            self._waiting[split].clear()

    def _appear(self) -> None:
        if self._partial.parent != self._folder:
            publish_folder(self._partial, self._folder)
            return
        for split in Split:
            take_place(self._partial / _file(split), self._folder / _file(split))
        self._partial.rmdir()


def _partial_folder(folder: Path) -> Path:
    if folder.exists() and not folder.is_dir():
        raise InvalidInputError(f"{folder} is a file. Name a folder to write to.")
    for split in Split:
        if (folder / _file(split)).exists():
            raise InvalidInputError(f"{folder} has a {_file(split)} already. Name another folder, or remove it.")
    token = secrets.token_hex(4)
    return folder / f".{token}.part" if folder.is_dir() else folder.with_name(f".{folder.name}.{token}.part")


def _file(split: Split) -> str:
    return f"{split}.parquet"


def _table(papers: list[LabelledAbstract]) -> pa.Table:
    columns = [
        [paper.abstract.id for paper in papers],
        [paper.abstract.title for paper in papers],
        [paper.abstract.text for paper in papers],
        [[category.identifier for category in paper.categories] for paper in papers],
        [paper.month for paper in papers],
        [paper.weight for paper in papers],
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=_SCHEMA)


@contextlib.contextmanager
def _sentences(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ArxivClassifierError(f"Writing to {folder} failed: {reason.rstrip('.')}. Nothing was written.") from error
