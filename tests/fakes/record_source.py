"""Records kept in memory, a page at a time."""

from collections.abc import Sequence
from datetime import date, datetime

from typing_extensions import override

from domain.errors import ExpiredTokenError
from domain.harvest import PagePlace, Span
from domain.ports.arxiv import RecordPage, RecordSource
from tests.examples import arxiv_paper


class FakeRecordSource(RecordSource):
    """Gives `records`, ids with the day of their change, in pages of two; each token is the page's number.

    `expiring` are the tokens that do not hold, and `expires` is the moment up to which the others do.
    """

    def __init__(self, records: Sequence[tuple[str, date]], today: date) -> None:
        self.records = list(records)
        self.today = today
        self.deleted: set[str] = set()
        self.expiring: set[str] = set()
        self.expires: datetime | None = None
        self.asked: list[Span | str] = []
        self._listed: list[list[tuple[str, date]]] = []

    @override
    def first(self, span: Span, set_name: str | None) -> RecordPage:
        self.asked.append(span)
        last = span.until or date.max
        found = [record for record in self.records if span.since <= record[1] <= last]
        self._listed = [found[start : start + 2] for start in range(0, len(found), 2)] or [[]]
        return self._page(0)

    @override
    def next(self, token: str) -> RecordPage:
        self.asked.append(token)
        if token in self.expiring:
            raise ExpiredTokenError(f"There is no token {token}.")
        return self._page(int(token))

    def _page(self, number: int) -> RecordPage:
        records = self._listed[number]
        days = [day for _, day in records]
        token = str(number + 1) if number + 1 < len(self._listed) else None
        place = PagePlace(
            days[0] if days else None, days[-1] if days else None, days == sorted(days), token, self.expires
        )
        papers = [arxiv_paper(id_) for id_, _ in records if id_ not in self.deleted]
        gone = [id_ for id_, _ in records if id_ in self.deleted]
        return RecordPage(papers, gone, (), place, self.today)
