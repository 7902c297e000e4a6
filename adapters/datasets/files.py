"""Labelled papers in local files, with or without a file per split."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from typing_extensions import override

from adapters.datasets.columns import Columns
from adapters.datasets.file_fingerprint import fingerprint_of_files
from adapters.datasets.formats import rows_of_file
from adapters.datasets.parts import Parts
from adapters.datasets.reading import AS_IT_IS, Reading
from adapters.datasets.records import Rows
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split
from domain.similar_paper import PaperToIndex


class PaperFiles(Dataset):
    """Papers in files of the formats FORMATS. `formats` maps each file to its format."""

    def __init__(self, name: str, parts: Parts[Path], formats: Mapping[Path, str], reading: Reading = AS_IT_IS) -> None:
        self._name = name
        self._parts = parts
        self._formats = dict(formats)
        self._reading = reading
        self._reader = reading.reader(name, lambda: self._rows(reading.labelled))
        self._index_reader = reading.reader(name, lambda: self._rows(reading.indexed))

    @property
    @override
    def name(self) -> str:
        return self._name

    @property
    @override
    def own_splits(self) -> tuple[Split, ...]:
        return self._parts.own_splits

    @override
    def papers(self, split: Split | None, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        return self._read(self._parts.of(split, self._name), on_bad_record)

    def papers_to_index(self, on_bad_record: OnBadRecord) -> Iterator[PaperToIndex]:
        """Yields all papers in the source's order. They need no categories."""
        for path in self._parts.of(None, self._name):
            rows = rows_of_file(path, self._formats[path], self._reading.indexed)
            yield from self._index_reader.to_index(rows, str(path), on_bad_record)

    @override
    def fingerprint(self) -> str:
        return fingerprint_of_files((str(split), path) for split, path in self._parts)

    def _read(self, paths: Sequence[Path], on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        for path in paths:
            rows = rows_of_file(path, self._formats[path], self._reading.labelled)
            yield from self._reader.papers(rows, str(path), on_bad_record)

    def _rows(self, columns: Columns) -> Rows:
        for path in self._parts.of(None, self._name):
            yield from rows_of_file(path, self._formats[path], columns)
