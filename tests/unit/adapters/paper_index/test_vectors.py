"""Valid vectors, and equal results of the two layouts."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.paper_index.flat import FlatVectors
from adapters.paper_index.folder import FolderIndexStore
from adapters.paper_index.graph import GraphVectors
from adapters.paper_index.vectors import unit_rows
from domain.errors import ArxivClassifierError, CorruptModelError
from tests.contracts.test_paper_index_contract import ORIGIN, WIDTH, indexed, papers, unit_vectors


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(unit_vectors(2).astype(np.float64), id="double"),
        pytest.param(unit_vectors(2)[:, 1:].copy(), id="narrow"),
        pytest.param(unit_vectors(2)[0], id="one dimension"),
        pytest.param(2 * unit_vectors(2), id="long"),
        pytest.param(np.full((2, WIDTH), np.nan, np.float32), id="NaN"),
    ],
)
def test_vectors_that_no_embedder_may_give(rows: np.ndarray) -> None:
    """Another type, width or length than promised is a programmer's mistake and told as one."""
    with pytest.raises(ValueError, match="vectors are"):
        unit_rows(rows.data, WIDTH)


def test_papers_and_vectors_are_as_many(tmp_path: Path) -> None:
    """Three papers with two vectors are a programmer's mistake."""
    writer = FolderIndexStore().create(tmp_path / "index", ORIGIN)
    with pytest.raises(ValueError, match="3 papers have 2 vectors"):
        writer.add(papers(3), unit_vectors(2).data)
    assert list(tmp_path.iterdir()) == []


@given(count=st.integers(1, 200), seed=st.integers(0, 99))
def test_each_vector_is_its_own_nearest(count: int, seed: int) -> None:
    """In both layouts an indexed vector finds itself first, at a cosine of 1."""
    vectors = unit_vectors(count, seed)
    graph = GraphVectors.empty(WIDTH)
    graph.add(vectors)
    for layout in (FlatVectors(vectors), graph):
        found = layout.nearest(vectors, 1)
        assert [int(rows[0]) for rows, _ in found] == list(range(count))
        np.testing.assert_allclose([cosines[0] for _, cosines in found], 1, atol=2e-3)


def test_the_same_papers_make_the_same_files(tmp_path: Path) -> None:
    """Two graphs of the same vectors in the same order are equal, byte for byte."""
    store, vectors = FolderIndexStore(exact_up_to=0), unit_vectors(3000)
    for name in ("one", "other"):
        indexed(store, tmp_path / name, vectors)
    for file in ("index.json", "papers.arrow", "graph.usearch"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes(), file


def test_equal_papers_come_in_their_order() -> None:
    """Among vectors that are alike, the one indexed first comes first."""
    vectors = np.repeat(unit_vectors(1), 5, axis=0)
    ((rows, _),) = FlatVectors(vectors).nearest(vectors[:1], 5)
    assert rows.tolist() == [0, 1, 2, 3, 4]


def test_many_threads_search_at_once(tmp_path: Path) -> None:
    """Sixteen threads on one graph find what one finds."""
    vectors = unit_vectors(2000)
    index = indexed(FolderIndexStore(exact_up_to=0), tmp_path / "index", vectors)
    expected = index.search(vectors[:300].data, 5)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda row: index.search(vectors[row : row + 1].data, 5)[0], range(300)))
    assert found == expected


def test_a_graph_of_another_width_is_refused(tmp_path: Path) -> None:
    """A graph whose vectors are not of the length that the manifest says is a CorruptModelError."""
    graph = GraphVectors.empty(WIDTH)
    graph.add(unit_vectors(5))
    graph.save(tmp_path / "graph.usearch")
    assert len(GraphVectors.mapped(tmp_path / "graph.usearch", WIDTH)) == 5
    with pytest.raises(CorruptModelError, match="not a graph of 7 dimensions"):
        GraphVectors.mapped(tmp_path / "graph.usearch", 7)


@pytest.mark.parametrize("kept", [0, 10, 64, 900])
def test_a_truncated_graph_is_refused(tmp_path: Path, kept: int) -> None:
    """Half a graph is a CorruptModelError, not a crash."""
    graph, path = GraphVectors.empty(WIDTH), tmp_path / "graph.usearch"
    graph.add(unit_vectors(50))
    graph.save(path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(CorruptModelError, match=r"graph\.usearch cannot be read"):
        GraphVectors.mapped(path, WIDTH)


def test_flat_vectors_of_odd_length_are_refused(tmp_path: Path) -> None:
    """A file that is no whole number of vectors is a CorruptModelError."""
    (tmp_path / "vectors.f32").write_bytes(bytes(4 * 5))
    with pytest.raises(CorruptModelError, match=r"vectors\.f32 cannot be read"):
        FlatVectors.mapped(tmp_path / "vectors.f32", 3)


def test_a_graph_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """If the file cannot be made, the error names it."""
    with pytest.raises(ArxivClassifierError, match="could not be written"):
        GraphVectors.empty(WIDTH).save(tmp_path / "absent" / "graph.usearch")


def test_few_papers_need_no_usearch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library, up to the bound papers are indexed and searched; beyond it, it is asked for."""
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    store = FolderIndexStore(exact_up_to=10)
    assert len(indexed(store, tmp_path / "few", unit_vectors(10))) == 10
    with pytest.raises(ModuleNotFoundError):
        indexed(store, tmp_path / "many", unit_vectors(11))
