"""The contract of every store of paper indexes: exact, by graph, and the fake."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.paper_index.folder import FolderIndexStore
from domain.errors import ArxivClassifierError, ModelNotFoundError
from domain.ports.paper_index import IndexOrigin, PaperIndex, PaperIndexStore
from domain.similar_paper import IndexedPaper
from tests.fakes.paper_index import FakeIndexStore

WIDTH = 16
ORIGIN = IndexOrigin("minilm/1", "abc", WIDTH, "2026-11-20T10:11:12+00:00")
STORES: dict[str, Callable[[], PaperIndexStore]] = {
    "fake": FakeIndexStore,
    "exact": FolderIndexStore,
    "graph": lambda: FolderIndexStore(exact_up_to=0),
}


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest) -> PaperIndexStore:
    """A store."""
    return STORES[request.param]()


def unit_vectors(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Vectors of length 1 in no particular direction."""
    rows = np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)
    normalised: NDArray[np.float32] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return normalised


def papers(count: int, first: int = 0) -> list[IndexedPaper]:
    """Papers told apart by their ids."""
    return [IndexedPaper(f"p{n}", f"Títle {n}", ("cs.LG", "math.CO")[: n % 3]) for n in range(first, first + count)]


def indexed(store: PaperIndexStore, folder: Path, vectors: NDArray[np.float32]) -> PaperIndex:
    """An index of those vectors, added in two parts."""
    writer = store.create(folder, ORIGIN)
    middle = len(vectors) // 2
    for start, end in ((0, middle), (middle, len(vectors))):
        if end > start:
            writer.add(papers(end - start, start), np.ascontiguousarray(vectors[start:end]).data)
    writer.finish()
    return store.open(folder)


def test_a_papers_own_vector_finds_it_first(store: PaperIndexStore, tmp_path: Path) -> None:
    """Each paper is the nearest to its own vector, at a cosine of 1, with all that was said of it."""
    vectors = unit_vectors(50)
    index = indexed(store, tmp_path / "index", vectors)
    found = index.search(vectors.data, 3)
    assert [rows[0].paper for rows in found] == papers(50)
    np.testing.assert_allclose([rows[0].similarity for rows in found], 1, atol=2e-3)


def test_the_nearest_come_first(store: PaperIndexStore, tmp_path: Path) -> None:
    """Similarities fall, are cosines, and there are k of them, or as many as there are papers."""
    vectors = unit_vectors(20)
    index = indexed(store, tmp_path / "index", vectors)
    (rows,) = index.search(unit_vectors(1, seed=9).data, 30)
    similarities = [row.similarity for row in rows]
    assert len(rows) == len(index) == 20
    assert similarities == sorted(similarities, reverse=True)
    cosines = vectors @ unit_vectors(1, seed=9)[0]
    np.testing.assert_allclose(similarities, np.sort(cosines)[::-1], atol=2e-3)


def test_an_index_knows_what_made_it(store: PaperIndexStore, tmp_path: Path) -> None:
    """Model, fingerprint, width and time come back."""
    assert indexed(store, tmp_path / "index", unit_vectors(2)).origin == ORIGIN


def test_where_there_is_no_index(store: PaperIndexStore, tmp_path: Path) -> None:
    """Opening a folder without one is a ModelNotFoundError that names it."""
    with pytest.raises(ModelNotFoundError, match="nowhere"):
        store.open(tmp_path / "nowhere")


def test_a_discarded_index_leaves_nothing(store: PaperIndexStore, tmp_path: Path) -> None:
    """After discarding there is no index, nor a trace of one."""
    writer = store.create(tmp_path / "index", ORIGIN)
    writer.add(papers(2), unit_vectors(2).data)
    writer.discard()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ArxivClassifierError):
        store.open(tmp_path / "index")


def test_a_new_index_takes_the_place_of_an_old_one(store: PaperIndexStore, tmp_path: Path) -> None:
    """Until the new one is finished, the old one is there; then the new one is."""
    indexed(store, tmp_path / "index", unit_vectors(3))
    writer = store.create(tmp_path / "index", ORIGIN)
    writer.add(papers(5), unit_vectors(5).data)
    assert len(store.open(tmp_path / "index")) == 3
    writer.finish()
    assert len(store.open(tmp_path / "index")) == 5


def test_the_graph_finds_nearly_all_of_the_nearest(tmp_path: Path) -> None:
    """Of the ten nearest among 3,000 clustered vectors, the graph misses less than one in twenty."""
    random = np.random.default_rng(3)
    rows = unit_vectors(100)[random.integers(0, 100, 3000)] + random.normal(scale=0.2, size=(3000, WIDTH))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    queries = unit_vectors(100, seed=5)
    graph = indexed(FolderIndexStore(exact_up_to=0), tmp_path / "graph", vectors).search(queries.data, 10)
    exact = indexed(FolderIndexStore(), tmp_path / "exact", vectors).search(queries.data, 10)
    shared = [
        len({a.paper.id for a in one} & {b.paper.id for b in other}) for one, other in zip(graph, exact, strict=True)
    ]
    assert sum(shared) / (10 * len(queries)) > 0.95


@given(count=st.integers(1, 30), k=st.integers(1, 40), seed=st.integers(0, 99))
def test_exact_search_is_brute_force(tmp_path_factory: pytest.TempPathFactory, count: int, k: int, seed: int) -> None:
    """Exact search gives the papers in the order of their cosines."""
    vectors, query = unit_vectors(count, seed), unit_vectors(1, seed + 100)
    index = indexed(FolderIndexStore(), tmp_path_factory.mktemp("i") / "index", vectors)
    (rows,) = index.search(query.data, k)
    expected = np.argsort(-(vectors @ query[0]), kind="stable")[:k]
    assert [row.paper.id for row in rows] == [f"p{place}" for place in expected]
