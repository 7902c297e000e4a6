"""Vectors in a graph. The search is approximate, and fast for any number of vectors."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from adapters.paper_index.manifest import REMEDY
from adapters.paper_index.vectors import Near, Vectors
from domain.errors import ArxivClassifierError, CorruptModelError

# M, efConstruction and ef of the paper below: links per paper, and candidates while adding and while searching.
CONNECTIVITY, EXPANSION_ADD, EXPANSION_SEARCH = 16, 128, 128
SCALAR = "f16"
PARAMETERS: Mapping[str, object] = {
    "connectivity": CONNECTIVITY,
    "expansion_add": EXPANSION_ADD,
    "expansion_search": EXPANSION_SEARCH,
    "scalar": SCALAR,
}


class GraphVectors(Vectors):
    """A hierarchical navigable small world graph (Malkov and Yashunin 2016), made and searched by usearch.

    It stores float16. int8 needs half the space, but its steps are too coarse for a unit vector's components. Of the
    ten nearest among 20,000 clustered vectors it found 0.90, float16 0.999.
    """

    def __init__(self, graph: Any) -> None:
        self._graph = graph

    @staticmethod
    def empty(dimensions: int) -> "GraphVectors":
        """Returns an empty graph in memory."""
        from usearch.index import Index

        graph = Index(
            ndim=dimensions,
            metric="cos",
            dtype=SCALAR,
            connectivity=CONNECTIVITY,
            expansion_add=EXPANSION_ADD,
            expansion_search=EXPANSION_SEARCH,
        )
        return GraphVectors(graph)

    @staticmethod
    def mapped(path: Path, dimensions: int) -> "GraphVectors":
        """Returns the graph that `save` wrote, memory-mapped."""
        from usearch.index import Index

        try:
            graph = Index.restore(str(path), view=True, expansion_search=EXPANSION_SEARCH)
        except (RuntimeError, ValueError) as error:
            raise _corrupt(path, error) from error
        if graph is None or graph.ndim != dimensions:
            raise _corrupt(path, f"it is not a graph of {dimensions} dimensions")
        return GraphVectors(graph)

    def add(self, vectors: NDArray[np.float32]) -> None:
        """Adds rows under the next numbers. The same rows in the same order make the same graph."""
        first = len(self)
        # On one thread, because concurrent adding can leave unreachable vectors (4 of 12,000). In an encoder's small
        # batches, several threads also took 9.5 s and one took 3.6 s.
        self._graph.add(np.arange(first, first + len(vectors)), vectors, threads=1)

    def save(self, path: Path) -> None:
        """Writes the graph in usearch's own format."""
        try:
            self._graph.save(str(path))
        except RuntimeError as error:
            raise ArxivClassifierError(f"{path} could not be written: {error}. Free space there.") from error

    @override
    def __len__(self) -> int:
        return len(self._graph)

    @override
    def nearest(self, queries: NDArray[np.float32], count: int) -> list[Near]:
        return [self._nearest(query, count) for query in queries]

    def _nearest(self, query: NDArray[np.float32], count: int) -> Near:
        found = self._graph.search(query, count, threads=1)
        return found.keys.astype(np.int64), 1 - found.distances


def _corrupt(path: Path, reason: object) -> CorruptModelError:
    return CorruptModelError(f"{path} cannot be read: {reason}. {REMEDY}")
