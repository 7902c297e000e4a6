"""arXiv's metadata snapshot as Kaggle hands it out: 5 GB of JSON lines, plain or in its zip file."""

from collections.abc import Iterator
from pathlib import Path

from typing_extensions import override

from adapters.datasets.columns import LABELLED
from adapters.datasets.contents import fingerprint_of_files
from adapters.datasets.formats import JSONL, rows_of_file
from adapters.datasets.parts import no_such_split
from adapters.datasets.records import labelled
from domain.abstract import MAX_CHARACTERS
from domain.labelled_abstract import LabelledAbstract
from domain.month import Clock, system_clock
from domain.ports.dataset import Dataset, OnBadRecord, Split


class KaggleSnapshot(Dataset):
    """One pile of papers, streamed; a paper's month is that of its first version."""

    def __init__(self, path: Path, max_characters: int = MAX_CHARACTERS, *, now: Clock = system_clock) -> None:
        self._path = path
        self._now = now
        self._max_characters = max_characters

    @staticmethod
    def recognises(path: Path) -> bool:
        """Whether a file goes by the snapshot's name, or is a zip file."""
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
        rows = rows_of_file(self._path, JSONL, LABELLED)
        return labelled(rows, self.name, self._max_characters, on_bad_record, self._now)

    @override
    def fingerprint(self) -> str:
        return fingerprint_of_files([("", self._path)])
