"""Use case: harvest papers from arXiv into monthly files."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from domain.errors import DatasetUnavailableError, ExpiredTokenError, InvalidInputError
from domain.harvest import HarvestCounts, HarvestPosition, HarvestState, Span
from domain.month import FIRST_MONTH
from domain.ports.arxiv import RecordPage, RecordSource
from domain.ports.dataset import OnBadRecord
from domain.ports.harvest_store import HarvestStore

# Kept papers are published when there are this many: a few minutes of pages, a few hundred megabytes on disk.
PUBLISH_EVERY = 100_000
# How often in a row a token may expire without progress.
_RESTARTS = 3

OnPage = Callable[[RecordPage], None]


@dataclass(frozen=True, slots=True)
class HarvestCommand:
    """The papers to harvest: those changed from `since` to `until`, or those first submitted in a month (YYYY-MM)."""

    since: date
    until: date | None = None
    set_name: str | None = None
    submitted: str | None = None

    @property
    def selection(self) -> str:
        """Identifies the harvests that share their recorded progress."""
        return f"set={self.set_name or ''} submitted={self.submitted or ''}"


@dataclass(frozen=True, slots=True)
class HarvestResult:
    """The counts of changed papers, and the number of papers of each month."""

    counts: HarvestCounts
    held: dict[str, int]


class Harvest:
    """Reads the changed papers page by page, keeps each page with its position, and publishes the months.

    A process may be killed at any time, and the same command continues after the last page kept. After a finished
    harvest, it reads only later changes.
    """

    def __init__(
        self,
        source: RecordSource,
        store: HarvestStore,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        publish_every: int = PUBLISH_EVERY,
    ) -> None:
        self._source = source
        self._store = store
        self._now = now
        self._publish_every = publish_every

    def __call__(self, command: HarvestCommand, on_page: OnPage, on_bad_record: OnBadRecord) -> HarvestResult:
        """Harvests and returns what changed.

        Raises InvalidInputError for impossible days, and DatasetUnavailableError if the source sends no page.
        """
        try:
            _check(command, self._now())
            state = self._store.state(command.selection)
            pages = _Pages(self._source, command, self._now)
            position, page = pages.begin(state)
            while position and page:
                for record in page.bad:
                    on_bad_record(record)
                position = position.after(page.place)
                self._keep(command, page, HarvestState(state.covered, position))
                on_page(page)
                position, page = pages.after(position)
            after = state.finished(position) if position else state
            return HarvestResult(self._store.finish(command.selection, after), self._store.held())
        finally:
            self._store.close()

    def _keep(self, command: HarvestCommand, page: RecordPage, state: HarvestState) -> None:
        if command.submitted is not None:
            page = replace(page, papers=[each for each in page.papers if each.month == command.submitted])
        self._store.keep(page, command.selection, state)
        if self._store.waiting >= self._publish_every:
            self._store.publish()


class _Pages:
    """The pages of one command, by their tokens, or from the last day reached after a token has expired."""

    def __init__(self, source: RecordSource, command: HarvestCommand, now: Callable[[], datetime]) -> None:
        self._source = source
        self._command = command
        self._now = now
        self._restarts: list[Span] = []

    def begin(self, state: HarvestState) -> tuple[HarvestPosition | None, RecordPage | None]:
        """Returns the position to continue from and the next page.

        The position is None if all days are covered. The page is None if all pages are kept.
        """
        asked = Span(self._command.since, self._command.until)
        if state.position is not None and state.position.asked == asked:
            return self._resumed(state.position)
        span = state.span_to_ask(asked)
        if span is None:
            return None, None
        page = self._first(span)
        return HarvestPosition(asked, span, page.answered), page

    def _resumed(self, position: HarvestPosition) -> tuple[HarvestPosition, RecordPage | None]:
        # The expiry of a new token is not checked, because this machine's clock may be wrong.
        if position.token and position.token_expires and position.token_expires <= self._now():
            return self._from_last_day(position)
        return self.after(position)

    def after(self, position: HarvestPosition) -> tuple[HarvestPosition, RecordPage | None]:
        """Returns the position with the page after it, or with None after the last page."""
        if position.token is None:
            return position, None
        try:
            return position, self._source.next(position.token)
        except ExpiredTokenError as error:
            self._refuse_standstill(position, error)
        return self._from_last_day(position)

    def _from_last_day(self, position: HarvestPosition) -> tuple[HarvestPosition, RecordPage]:
        page = self._first(position.remaining())
        return replace(position, began=page.answered), page

    def _first(self, span: Span) -> RecordPage:
        # A source may refuse a last day that has not ended.
        ahead = span.until is not None and span.until >= self._now().date()
        return self._source.first(Span(span.since) if ahead else span, self._command.set_name)

    def _refuse_standstill(self, position: HarvestPosition, error: ExpiredTokenError) -> None:
        self._restarts = [span for span in self._restarts if span == position.remaining()] + [position.remaining()]
        if len(self._restarts) > _RESTARTS:
            raise DatasetUnavailableError(f"{error} It happened {_RESTARTS} times from the same day on.") from error


def _check(command: HarvestCommand, now: datetime) -> None:
    # East of UTC, the user's day may be one ahead.
    tomorrow = (now + timedelta(days=1)).date()
    if command.submitted is not None and command.submitted < FIRST_MONTH:
        raise InvalidInputError(
            f"The month {command.submitted} is before arXiv began in {FIRST_MONTH}. Name a later one."
        )
    if command.submitted is not None and command.since > now.date():
        raise InvalidInputError(f"The month {command.submitted} is in the future. Name one up to {now:%Y-%m}.")
    for name, day in (("first", command.since), ("last", command.until)):
        if day is not None and day > tomorrow:
            raise InvalidInputError(f"The {name} day {day} is in the future. Name one up to {now:%Y-%m-%d}.")
    if command.until is not None and command.until < command.since:
        raise InvalidInputError(f"The last day, {command.until}, is before the first, {command.since}.")
