"""Paper indexes in folders, exact for few papers and a graph for many."""

from pathlib import Path

import numpy as np
from typing_extensions import override

from adapters.paper_index.flat import FlatVectors
from adapters.paper_index.manifest import FLAT, PAPERS, REMEDY, VECTORS, Manifest, check_files, read_manifest
from adapters.paper_index.papers import StoredPapers
from adapters.paper_index.vectors import Near, Vectors, unit_rows
from adapters.paper_index.writing import FolderIndexWriter
from domain.errors import CorruptModelError
from domain.ports.paper_index import IndexOrigin, PaperIndex, PaperIndexStore, PaperIndexWriter
from domain.similar_paper import SimilarPaper

EXACT_UP_TO = 20_000


class FolderIndexStore(PaperIndexStore):
    """Stores indexes. Up to `exact_up_to` papers are searched exactly with numpy alone, more with usearch."""

    def __init__(self, *, exact_up_to: int | None = None) -> None:
        self._exact_up_to = EXACT_UP_TO if exact_up_to is None else exact_up_to

    @override
    def create(self, folder: Path, origin: IndexOrigin) -> PaperIndexWriter:
        return FolderIndexWriter(folder, origin, exact_up_to=self._exact_up_to)

    @override
    def open(self, folder: Path) -> PaperIndex:
        manifest = read_manifest(folder)
        check_files(folder, manifest)
        papers, vectors = StoredPapers(folder / PAPERS), _vectors(folder, manifest)
        if not len(papers) == len(vectors) == manifest.papers:
            raise CorruptModelError(
                f"The index in {folder} has {len(papers):,} papers and {len(vectors):,} vectors where its manifest "
                f"says {manifest.papers:,}. {REMEDY}"
            )
        return FolderIndex(manifest.origin, papers, vectors)


class FolderIndex(PaperIndex):
    """Vectors and papers with common row numbers."""

    def __init__(self, origin: IndexOrigin, papers: StoredPapers, vectors: Vectors) -> None:
        self._origin = origin
        self._papers = papers
        self._vectors = vectors

    @property
    @override
    def origin(self) -> IndexOrigin:
        return self._origin

    @override
    def __len__(self) -> int:
        return len(self._vectors)

    @override
    def search(self, vectors: memoryview, k: int) -> list[tuple[SimilarPaper, ...]]:
        if k < 1:
            raise ValueError(f"k is {k}")
        queries = unit_rows(vectors, self._origin.dimensions)
        return [self._papers_of(near) for near in self._vectors.nearest(queries, min(k, len(self)))]

    def _papers_of(self, near: Near) -> tuple[SimilarPaper, ...]:
        rows, cosines = near
        bounded = np.clip(cosines, -1, 1)  # rounding may take equal vectors beyond 1
        pairs = zip(rows.tolist(), bounded.tolist(), strict=True)
        return tuple(SimilarPaper(self._papers.at(row), cosine) for row, cosine in pairs)


def _vectors(folder: Path, manifest: Manifest) -> Vectors:
    path, dimensions = folder / VECTORS[manifest.layout], manifest.origin.dimensions
    if manifest.layout == FLAT:
        return FlatVectors.mapped(path, dimensions)
    from adapters.paper_index.graph import GraphVectors

    return GraphVectors.mapped(path, dimensions)
