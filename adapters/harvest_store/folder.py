"""Stores harvested papers in a folder, as monthly parquet files and a hidden journal."""

import heapq
import logging
from collections.abc import Iterator
from pathlib import Path

from typing_extensions import override

from adapters.harvest_store.journal import Journal
from adapters.harvest_store.monthly_files import MonthlyFiles
from adapters.harvest_store.rows import Row, row_of, texts
from domain.errors import ArxivClassifierError
from domain.harvest import HarvestCounts, HarvestState
from domain.log_events import log_event
from domain.ports.arxiv import RecordPage
from domain.ports.harvest_store import HarvestStore

_logger = logging.getLogger(__name__)


class FolderHarvestStore(HarvestStore):
    """Keeps each page in the journal first. Publishing replaces the files of the months that changed.

    The folder is created with the first page that has a record.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files = MonthlyFiles(folder)
        self._files.refuse_foreign()
        self._opened: Journal | None = None
        if Journal.is_in(folder):
            self._opened = Journal(folder)
            self._files.remove_leftovers()
            if self._opened.publishing:
                self.publish()
            self._begin_anew_if_months_are_lost(self._opened)

    @override
    def state(self, selection: str) -> HarvestState:
        return self._opened.state(selection) if self._opened else HarvestState()

    @override
    def keep(self, page: RecordPage, selection: str, state: HarvestState) -> None:
        if self._opened is None and not page.papers and not page.deleted:
            return
        self._journal().add(map(row_of, page.papers), page.deleted, selection, state)

    @property
    @override
    def waiting(self) -> int:
        return self._opened.waiting if self._opened else 0

    @override
    def publish(self) -> None:
        journal = self._opened
        if journal is None or not journal.waiting:
            return
        present = self._files.months_with(texts(journal.ids()))
        for month in sorted({*journal.months(), *present}):
            self._publish(journal, month, present.get(month, set()))
        journal.published(self._files.held())

    @override
    def finish(self, selection: str, state: HarvestState) -> HarvestCounts:
        self.publish()
        return self._opened.finish(selection, state) if self._opened else HarvestCounts()

    @override
    def held(self) -> dict[str, int]:
        return self._files.held()

    @override
    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _begin_anew_if_months_are_lost(self, journal: Journal) -> None:
        """Forgets the progress if a file is missing or has fewer papers, so that they are asked for again."""
        held = self._files.held()
        lost = sorted(month for month, papers in journal.held().items() if held.get(month, 0) < papers)
        if lost:
            log_event(
                _logger,
                "harvest_begun_anew",
                f"Papers of {', '.join(lost)} are missing from {self._folder}. The harvest begins anew. "
                "Run every command again that filled this folder.",
                level=logging.WARNING,
                months=lost,
            )
            journal.forget_progress(held)

    def _publish(self, journal: Journal, month: str, replaced: set[str]) -> None:
        counts = self._counted(journal, month, replaced)
        journal.count(month, counts)
        if counts == HarvestCounts() and not self._moved(journal, month, replaced):
            return
        kept = (row for row in self._files.rows(month) if row[0] not in replaced)
        self._files.replace(month, heapq.merge(kept, journal.papers(month), key=_id))

    def _counted(self, journal: Journal, month: str, replaced: set[str]) -> HarvestCounts:
        new = sum(row[0] not in replaced for row in journal.papers(month))
        updated = deleted = 0
        for before in self._replaced(month, replaced):
            now = journal.paper(before[0])
            deleted += now is None
            updated += now is not None and now != before
        return HarvestCounts(new, updated, deleted)

    def _moved(self, journal: Journal, month: str, replaced: set[str]) -> bool:
        """Returns whether a paper of this month's file now belongs to another month."""
        return any((now := journal.paper(each)) is not None and now[4] != month for each in replaced)

    def _replaced(self, month: str, replaced: set[str]) -> Iterator[Row]:
        return (row for row in self._files.rows(month) if row[0] in replaced) if replaced else iter(())

    def _journal(self) -> Journal:
        if self._opened is None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise ArxivClassifierError(f"{self._folder} cannot be made: {error.strerror}.") from error
            self._opened = Journal(self._folder)
        return self._opened


def _id(row: Row) -> str:
    return row[0]
