"""Indexing papers and finding those like another, with fakes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from application.embed_on_engine import Batch, EmbedOnEngine, Vectors, embedding_worker
from application.find_similar import FindSimilar
from application.index_papers import IndexPapers
from domain.abstract import Abstract
from domain.errors import IncompatibleModelError, InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.paper_index import IndexOrigin
from tests.examples import small_papers
from tests.fakes.embedder import FakeEmbedder
from tests.fakes.engine import FakeEngine
from tests.fakes.paper_index import FakeIndexStore

FOLDER = Path("index")
ORIGIN = IndexOrigin("fake/1", "fake", 64, "2026-11-20T10:11:12+00:00")


def indexed(count: int = 600) -> FakeIndexStore:
    """A store with an index of the given number of papers."""
    store = FakeIndexStore()
    IndexPapers(FakeEmbedder(), store.create(FOLDER, ORIGIN))(small_papers(count))
    return store


def test_every_paper_is_indexed_and_told() -> None:
    """All papers are in the index, and the listener hears of each of them."""
    store, told = FakeIndexStore(), list[int]()
    count = IndexPapers(FakeEmbedder(), store.create(FOLDER, ORIGIN), on_indexed=told.append)(small_papers(600))
    assert count == sum(told) == len(store.open(FOLDER)) == 600
    assert len(told) > 1


def open_fake() -> Callable[[Batch], Vectors]:
    """A process with the fake embedder."""
    return embedding_worker(FakeEmbedder())


@pytest.mark.parametrize("ahead", [1, 4, 100])
def test_an_engine_makes_the_same_index(ahead: int) -> None:
    """Vectors stand beside their own papers, whatever the order in which an engine gives them."""
    store = FakeIndexStore()
    embed_all = EmbedOnEngine(FakeEngine(ahead), open_fake, 64)
    IndexPapers(FakeEmbedder(), store.create(FOLDER, ORIGIN), embed_all=embed_all)(small_papers(600))
    alone = FindSimilar(FakeEmbedder(), indexed().open(FOLDER))
    for paper in small_papers(600)[::100]:
        found = FindSimilar(FakeEmbedder(), store.open(FOLDER))(paper.abstract, k=5)
        assert found == alone(paper.abstract, k=5)


def test_nothing_to_index_is_refused() -> None:
    """A source without papers makes no index."""
    store = FakeIndexStore()
    with pytest.raises(InvalidInputError, match="no paper"):
        IndexPapers(FakeEmbedder(), store.create(FOLDER, ORIGIN))([])
    assert not store.indexes


def test_a_failure_leaves_no_index() -> None:
    """If the source fails half-way, there is no index."""

    def broken() -> Iterator[LabelledAbstract]:
        yield from small_papers(300)
        raise OSError("disk gone")

    store = FakeIndexStore()
    with pytest.raises(OSError, match="disk gone"):
        IndexPapers(FakeEmbedder(), store.create(FOLDER, ORIGIN))(broken())
    assert not store.indexes


def test_papers_on_the_same_are_found() -> None:
    """A paper about images finds papers about images, and not itself."""
    query = small_papers(600)[3].abstract
    found = FindSimilar(FakeEmbedder(), indexed().open(FOLDER))(query, k=5)
    assert len(found) == 5
    assert query.id not in {each.paper.id for each in found}
    assert all("cs.CV" in each.paper.categories for each in found)


def test_a_paper_without_id_may_find_its_twin() -> None:
    """Without an id nothing is left out."""
    paper = small_papers(600)[3].abstract
    (found,) = FindSimilar(FakeEmbedder(), indexed().open(FOLDER))(Abstract(paper.text, paper.title), k=1)
    assert found.similarity == pytest.approx(1, abs=1e-6)


def test_another_encoder_is_refused() -> None:
    """An index is not searched with vectors of another encoder. The error names the model that made it."""
    with pytest.raises(IncompatibleModelError, match=r"fake/1.*index the papers again"):
        FindSimilar(FakeEmbedder(fingerprint="other"), indexed().open(FOLDER))


def test_none_at_all_cannot_be_asked_for() -> None:
    """k is at least 1."""
    with pytest.raises(InvalidInputError, match="from 1"):
        FindSimilar(FakeEmbedder(), indexed().open(FOLDER))(Abstract("text"), k=0)
