"""The contract of every store of harvested papers: the folder of monthly files, and the fake."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.harvest_store.folder import FolderHarvestStore
from domain.arxiv_paper import ArxivPaper
from domain.harvest import HarvestCounts, HarvestPosition, HarvestState, PagePlace, Span
from domain.ports.arxiv import RecordPage
from domain.ports.harvest_store import HarvestStore
from tests.examples import arxiv_paper
from tests.fakes.harvest_store import FakeHarvestStore

STORES: dict[str, Callable[[Path], HarvestStore]] = {
    "fake": lambda folder: FakeHarvestStore(),
    "folder": FolderHarvestStore,
}
DAY = date(2026, 6, 2)
SPAN = Span(date(2026, 5, 1))
POSITION = HarvestPosition(SPAN, Span(DAY, DAY), DAY, DAY, False, "t&1", datetime(2026, 6, 3, tzinfo=UTC))
STATE = HarvestState(Span(date(2026, 5, 1), DAY), POSITION)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> HarvestStore:
    """An empty store."""
    return STORES[request.param](tmp_path / "papers")


def page(*papers: ArxivPaper, deleted: Sequence[str] = ()) -> RecordPage:
    """A page of those papers and deletions."""
    return RecordPage(papers, deleted, (), PagePlace(DAY, DAY, True, None), DAY)


def test_keeps_the_state_of_each_selection(store: HarvestStore) -> None:
    """The recorded state of a selection comes back whole. Another selection has none."""
    assert store.state("a") == HarvestState()
    store.keep(page(arxiv_paper()), "a", STATE)
    assert (store.state("a"), store.state("b")) == (STATE, HarvestState())


def test_publishes_by_month(store: HarvestStore) -> None:
    """Papers wait until they are published, and then count for the month of their first version."""
    store.keep(page(arxiv_paper("2605.00001"), arxiv_paper("2605.00002")), "a", STATE)
    store.keep(page(arxiv_paper("2606.00001")), "a", STATE)
    assert (store.waiting, store.held()) == (3, {})
    store.publish()
    assert (store.waiting, store.held()) == (0, {"2026-05": 2, "2026-06": 1})


def test_counts_what_changed(store: HarvestStore) -> None:
    """New, updated and deleted papers are counted up to each finish; equal papers and unknown ids are not."""
    first, second, third = (arxiv_paper(f"2605.0000{n}") for n in (1, 2, 3))
    store.keep(page(first, second, third), "a", STATE)
    assert store.finish("a", STATE) == HarvestCounts(3, 0, 0)
    store.keep(page(first, arxiv_paper(second.id, "Other text."), deleted=[third.id, "2605.00009"]), "a", STATE)
    assert store.finish("a", STATE) == HarvestCounts(0, 1, 1)
    assert store.held() == {"2026-05": 2}
    assert store.finish("a", STATE) == HarvestCounts()


def test_the_last_word_counts(store: HarvestStore) -> None:
    """A paper that is deleted and comes back is there. One that comes and is deleted is not."""
    back, gone = arxiv_paper("2605.00001"), arxiv_paper("2605.00002")
    store.keep(page(gone, deleted=[back.id]), "a", STATE)
    store.keep(page(back, deleted=[gone.id]), "a", STATE)
    assert store.finish("a", STATE) == HarvestCounts(1, 0, 0)
    assert store.held() == {"2026-05": 1}


def test_a_month_without_papers_goes(store: HarvestStore) -> None:
    """Once the last paper of a month is deleted, the month is no longer held."""
    store.keep(page(arxiv_paper("2605.00001")), "a", STATE)
    store.publish()
    store.keep(page(deleted=["2605.00001"]), "a", STATE)
    assert store.finish("a", STATE) == HarvestCounts(1, 0, 1)
    assert store.held() == {}
