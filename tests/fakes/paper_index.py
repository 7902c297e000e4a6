"""Indexes kept in memory, by folder."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from typing_extensions import override

from domain.errors import ModelNotFoundError
from domain.ports.paper_index import IndexOrigin, PaperIndex, PaperIndexStore, PaperIndexWriter
from domain.similar_paper import IndexedPaper, SimilarPaper


class FakeIndexStore(PaperIndexStore):
    """Forgets everything when it goes."""

    def __init__(self) -> None:
        self.indexes: dict[Path, FakeIndex] = {}

    @override
    def create(self, folder: Path, origin: IndexOrigin) -> "FakeIndex":
        return FakeIndex(self, folder, origin)

    @override
    def open(self, folder: Path) -> PaperIndex:
        if folder not in self.indexes:
            raise ModelNotFoundError(f"There is no index in {folder}.")
        return self.indexes[folder]


class FakeIndex(PaperIndexWriter, PaperIndex):
    """An index and its writer in one."""

    def __init__(self, store: FakeIndexStore, folder: Path, origin: IndexOrigin) -> None:
        self._store = store
        self._folder = folder
        self._origin = origin
        self._papers: list[IndexedPaper] = []
        self._rows: list[np.ndarray] = []

    @property
    @override
    def origin(self) -> IndexOrigin:
        return self._origin

    @override
    def add(self, papers: Sequence[IndexedPaper], vectors: memoryview) -> None:
        self._papers += papers
        self._rows += list(np.array(vectors))

    @override
    def finish(self) -> None:
        self._store.indexes[self._folder] = self

    @override
    def discard(self) -> None:
        self._papers, self._rows = [], []

    @override
    def __len__(self) -> int:
        return len(self._papers)

    @override
    def search(self, vectors: memoryview, k: int) -> list[tuple[SimilarPaper, ...]]:
        cosines = np.asarray(vectors) @ np.array(self._rows).T
        nearest = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
        return [
            tuple(SimilarPaper(self._papers[place], float(row[place])) for place in places)
            for row, places in zip(cosines, nearest, strict=True)
        ]
