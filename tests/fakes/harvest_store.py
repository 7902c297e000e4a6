"""Harvested papers kept in memory."""

from typing_extensions import override

from domain.arxiv_paper import ArxivPaper
from domain.harvest import HarvestCounts, HarvestState
from domain.ports.arxiv import RecordPage
from domain.ports.harvest_store import HarvestStore


class FakeHarvestStore(HarvestStore):
    """Forgets everything when it goes; `published` is what readers find."""

    def __init__(self) -> None:
        self.published: dict[str, ArxivPaper] = {}
        self.publishings = 0
        self.closed = False
        self._states: dict[str, HarvestState] = {}
        self._journal: dict[str, ArxivPaper | None] = {}
        self._counts = HarvestCounts()

    @override
    def state(self, selection: str) -> HarvestState:
        return self._states.get(selection, HarvestState())

    @override
    def keep(self, page: RecordPage, selection: str, state: HarvestState) -> None:
        self._journal |= {paper.id: paper for paper in page.papers}
        self._journal |= dict.fromkeys(page.deleted)
        self._states[selection] = state

    @property
    @override
    def waiting(self) -> int:
        return len(self._journal)

    @override
    def publish(self) -> None:
        before = self.published
        new = sum(paper is not None and id_ not in before for id_, paper in self._journal.items())
        updated = sum(
            paper is not None and id_ in before and before[id_] != paper for id_, paper in self._journal.items()
        )
        deleted = sum(paper is None and id_ in before for id_, paper in self._journal.items())
        counts = self._counts
        self._counts = HarvestCounts(counts.new + new, counts.updated + updated, counts.deleted + deleted)
        after = {**before, **self._journal}
        self.published = {id_: paper for id_, paper in after.items() if paper is not None}
        self._journal.clear()
        self.publishings += 1

    @override
    def finish(self, selection: str, state: HarvestState) -> HarvestCounts:
        self.publish()
        self._states[selection] = state
        counts, self._counts = self._counts, HarvestCounts()
        return counts

    @override
    def held(self) -> dict[str, int]:
        months = sorted(paper.month for paper in self.published.values())
        return {month: months.count(month) for month in months}

    @override
    def close(self) -> None:
        self.closed = True
