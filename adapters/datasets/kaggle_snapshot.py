"""arXiv's metadata snapshot as distributed by Kaggle: 5 GB of JSON lines, plain or in a zip file."""

from collections.abc import Iterator
from pathlib import Path

from typing_extensions import override

from adapters.datasets.file_fingerprint import fingerprint_of_files
from adapters.datasets.formats import JSONL, rows_of_file
from adapters.datasets.parts import no_such_split
from adapters.datasets.reading import AS_IT_IS, Reading
from adapters.datasets.records import Rows
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split


class KaggleSnapshot(Dataset):
    """Papers without splits, streamed. A paper's month is that of its first version."""

    def __init__(self, path: Path, reading: Reading = AS_IT_IS) -> None:
        self._path = path
        self._reading = reading
        self._reader = reading.reader(str(path), self._rows)

    @staticmethod
    def recognises(path: Path) -> bool:
        """Returns whether a file has the snapshot's name or is a zip file."""
        return path.name.startswith("arxiv-metadata") or path.suffix == ".zip"

    @property
    @override
    def name(self) -> str:
        return str(self._path)

    @property
    @override
    def own_splits(self) -> tuple[Split, ...]:
        return ()

    @override
    def papers(self, split: Split | None, on_bad_record: OnBadRecord) -> Iterator[LabelledAbstract]:
        if split is not None:
            raise no_such_split(self.name, split)
        return self._reader.papers(self._rows(), self.name, on_bad_record)

    def _rows(self) -> Rows:
        return rows_of_file(self._path, JSONL, self._reading.labelled)

    @override
    def fingerprint(self) -> str:
        return fingerprint_of_files([("", self._path)])
