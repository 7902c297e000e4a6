"""Writes an index batch by batch."""

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from adapters.paper_index.flat import FlatVectors
from adapters.paper_index.manifest import FLAT, GRAPH, MANIFEST, PAPERS, VECTORS, Manifest, manifest_json, record_files
from adapters.paper_index.papers import PapersWriter
from adapters.paper_index.publishing import IndexFolder
from adapters.paper_index.vectors import unit_rows
from domain.ports.paper_index import IndexOrigin, PaperIndexWriter
from domain.similar_paper import IndexedPaper

if TYPE_CHECKING:
    from adapters.paper_index.graph import GraphVectors


class FolderIndexWriter(PaperIndexWriter):
    """Writes an index. Up to `exact_up_to` vectors are kept as they are. With more, all go into a graph.

    The graph grows in memory, by 0.9 kB per paper of 384 dimensions.
    """

    def __init__(self, folder: Path, origin: IndexOrigin, *, exact_up_to: int) -> None:
        self._folder = IndexFolder(folder)
        self._folder.check()
        self._origin = origin
        self._exact_up_to = exact_up_to
        self._count = 0
        self._kept: list[NDArray[np.float32]] = []
        self._graph: GraphVectors | None = None
        self._papers: PapersWriter | None = None

    @override
    def add(self, papers: Sequence[IndexedPaper], vectors: memoryview) -> None:
        rows = unit_rows(vectors, self._origin.dimensions)
        if len(rows) != len(papers):
            raise ValueError(f"{len(papers)} papers have {len(rows)} vectors")
        with self._folder.sentences():
            if self._papers is None:
                self._folder.begin()
                self._papers = PapersWriter(self._folder.partial / PAPERS)
            self._papers.add(papers)
        self._kept.append(rows.copy())  # the caller may reuse the buffer
        self._count += len(rows)
        if self._count > self._exact_up_to:
            self._move_to_graph()

    @override
    def finish(self) -> None:
        if self._papers is None:
            raise ValueError("no paper was added")
        partial = self._folder.partial
        with self._folder.sentences():
            self._papers.close()
            layout, parameters = self._save_vectors(partial)
            manifest = Manifest(self._origin, self._count, layout, parameters, record_files(partial, layout))
            (partial / MANIFEST).write_bytes(manifest_json(manifest))
        self._folder.appear()

    @override
    def discard(self) -> None:
        if self._papers is not None:
            with contextlib.suppress(OSError):
                self._papers.close()
        self._folder.discard()

    def _move_to_graph(self) -> None:
        from adapters.paper_index.graph import GraphVectors

        if self._graph is None:
            self._graph = GraphVectors.empty(self._origin.dimensions)
        for rows in self._kept:
            self._graph.add(rows)
        self._kept.clear()

    def _save_vectors(self, partial: Path) -> tuple[str, Mapping[str, object]]:
        if self._graph is None:
            FlatVectors(np.concatenate(self._kept)).save(partial / VECTORS[FLAT])
            return FLAT, {}
        from adapters.paper_index.graph import PARAMETERS

        self._graph.save(partial / VECTORS[GRAPH])
        return GRAPH, PARAMETERS
