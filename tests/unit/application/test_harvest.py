"""Harvesting page by page: resumed, repeated, cut to a month."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest

from application.harvest import Harvest, HarvestCommand
from domain.errors import DatasetUnavailableError, InvalidInputError
from domain.harvest import HarvestCounts, Span
from domain.ports.arxiv import RecordPage
from tests.fakes.harvest_store import FakeHarvestStore
from tests.fakes.record_source import FakeRecordSource

NOW = datetime(2026, 6, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
FROM_MAY = HarvestCommand(date(2026, 5, 1))


def records(count: int, *, per_day: int = 2, first: date = date(2026, 5, 4)) -> list[tuple[str, date]]:
    """Ids of rising number, with the days that they changed on."""
    days = [first + timedelta(days=number // per_day) for number in range(count)]
    return [(f"{day:%y%m}.{number:05}", day) for number, day in enumerate(days, start=1)]


class KilledError(Exception):
    """Stands for a kill."""


@dataclass
class Setting:
    """A source and a store, and a harvest that starts anew with each call."""

    source: FakeRecordSource
    store: FakeHarvestStore = field(default_factory=FakeHarvestStore)
    now: datetime = NOW
    publish_every: int = 100

    def __call__(
        self, command: HarvestCommand = FROM_MAY, on_page: Callable[[RecordPage], None] = lambda page: None
    ) -> HarvestCounts:
        """Harvests and gives the counts."""
        self.source.asked.clear()
        harvest = Harvest(self.source, self.store, now=lambda: self.now, publish_every=self.publish_every)
        return harvest(command, on_page, lambda record: pytest.fail(str(record))).counts

    def killed_after(self, pages: int, command: HarvestCommand = FROM_MAY) -> None:
        """Harvests the given number of pages and dies."""
        left = iter([None] * (pages - 1))

        def die(page: RecordPage) -> None:
            if next(left, page) is page:
                raise KilledError

        with pytest.raises(KilledError):
            self(command, die)

    @property
    def ids(self) -> list[str]:
        """Returns the ids that readers find, in order."""
        return sorted(self.store.published)


@pytest.fixture
def setting() -> Setting:
    """Seven papers of four days: four pages."""
    return Setting(FakeRecordSource(records(7), TODAY))


def test_harvests_everything(setting: Setting) -> None:
    """Every page is read, kept and published, and the store is let go."""
    assert setting() == HarvestCounts(7, 0, 0)
    assert setting.ids == [id_ for id_, _ in setting.source.records]
    assert setting.source.asked == [Span(date(2026, 5, 1)), "1", "2", "3"]
    assert setting.store.closed


@pytest.mark.parametrize("pages", [1, 2, 3, 4])
def test_goes_on_by_token(setting: Setting, pages: int) -> None:
    """After a kill, the same command asks for the page after the last one kept, and nothing twice."""
    setting.killed_after(pages)
    assert setting() == HarvestCounts(7, 0, 0)
    assert setting.source.asked == [str(number) for number in range(pages, 4)]
    assert len(setting.ids) == 7


def test_an_expired_token_starts_from_the_last_day(setting: Setting) -> None:
    """If the token holds no longer, pages are asked for from the last day reached, without duplicates."""
    setting.killed_after(2)
    setting.source.expiring = {"2"}
    assert setting() == HarvestCounts(7, 0, 0)
    assert setting.source.asked[:3] == ["2", Span(date(2026, 5, 5)), "1"]
    assert len(setting.ids) == 7


def test_what_was_read_after_days_is_covered(setting: Setting) -> None:
    """A harvest that goes on from a day, days later, covers what changed up to its end, and not to its beginning."""
    setting.killed_after(2)
    setting.source.today = TODAY + timedelta(days=5)
    setting.now = NOW + timedelta(days=5)
    setting.source.expiring = {"2"}
    setting()
    setting.source.expiring = set()
    setting()
    assert setting.source.asked == [Span(TODAY + timedelta(days=5))]


def test_an_unordered_source_starts_from_the_first_day(setting: Setting) -> None:
    """If days do not rise from page to page, an expired token starts the whole span again: nothing is lost."""
    setting.source.records = setting.source.records[4:] + setting.source.records[:4]
    setting.killed_after(3)
    setting.source.expiring = {"3"}
    with pytest.raises(DatasetUnavailableError):
        setting()
    assert set(setting.source.asked[1::4]) == {Span(date(2026, 5, 1))}
    setting.source.expiring = set()
    setting()
    assert len(setting.ids) == 7


def test_tokens_that_never_hold_end_the_harvest(setting: Setting) -> None:
    """A day with more than one page, of which each token has expired, is asked for a few times and no more."""
    setting.source.records = records(9, per_day=9)
    setting.source.expiring = {"1"}
    with pytest.raises(DatasetUnavailableError, match="3 times from the same day on"):
        setting()
    assert setting.source.asked.count("1") == 4


def test_a_token_past_its_date_is_not_tried(setting: Setting) -> None:
    """A token whose date has passed when the harvest goes on is not sent."""
    setting.source.expires = NOW + timedelta(hours=1)
    setting.source.records = records(9, per_day=9)
    setting.killed_after(2)
    setting.now = NOW + timedelta(days=3)
    setting()
    assert setting.source.asked == [Span(date(2026, 5, 4)), "1", "2", "3", "4"]
    assert len(setting.ids) == 9


def test_reads_only_what_changed_since(setting: Setting) -> None:
    """A second harvest begins on the source's day of the first; updates replace and deleted papers go."""
    setting()
    old, gone = setting.source.records[0][0], setting.source.records[1][0]
    setting.source.records += [
        ("2606.00020", TODAY),
        (old, TODAY + timedelta(days=1)),
        (gone, TODAY + timedelta(days=1)),
    ]
    setting.source.deleted = {gone}
    assert setting() == HarvestCounts(1, 0, 1)
    assert setting.source.asked == [Span(TODAY), "1"]
    assert len(setting.ids) == 7


def test_an_earlier_first_day_is_read_again(setting: Setting) -> None:
    """A span that is not covered is read from its first day on. One that is within what is covered asks for nothing."""
    setting()
    setting(HarvestCommand(date(2026, 4, 1)))
    assert setting.source.asked[0] == Span(date(2026, 4, 1))
    setting(HarvestCommand(date(2026, 4, 2), date(2026, 5, 9)))
    assert setting.source.asked == []
    setting(HarvestCommand(date(2026, 4, 2)))
    assert setting.source.asked == [Span(TODAY)]


def test_what_is_covered_ends_on_the_last_day_asked_for(setting: Setting) -> None:
    """With a last day the next harvest goes on from there. A last day that is not over is not sent."""
    setting(HarvestCommand(date(2026, 5, 1), date(2026, 5, 5)))
    assert setting.source.asked[0] == Span(date(2026, 5, 1), date(2026, 5, 5))
    assert len(setting.ids) == 4
    setting(HarvestCommand(date(2026, 5, 1), TODAY))
    assert setting.source.asked[0] == Span(date(2026, 5, 5))
    assert len(setting.ids) == 7


def test_keeps_papers_of_one_month(setting: Setting) -> None:
    """With a month, papers whose first version is of another one are left out, whenever they changed."""
    setting.source.records = [*records(3), ("2604.00001", date(2026, 5, 20)), ("2605.09999", date(2026, 6, 2))]
    assert setting(HarvestCommand(date(2026, 5, 1), submitted="2026-05")) == HarvestCounts(4, 0, 0)
    assert "2604.00001" not in setting.ids


def test_selections_are_apart(setting: Setting) -> None:
    """The coverage of one set is independent of that of another."""
    setting(HarvestCommand(date(2026, 5, 1), set_name="cs"))
    setting(HarvestCommand(date(2026, 5, 1), set_name="math"))
    assert setting.source.asked[0] == Span(date(2026, 5, 1))


def test_publishes_now_and_then(setting: Setting) -> None:
    """Papers are published in the middle of a harvest once enough wait. The counts are those of all papers."""
    setting.publish_every = 4
    assert setting() == HarvestCounts(7, 0, 0)
    assert setting.store.publishings == 2


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (HarvestCommand(date(2026, 7, 1), submitted="2026-07"), "month 2026-07 is in the future"),
        (HarvestCommand(date(1990, 1, 1), submitted="1990-01"), "month 1990-01 is before arXiv began in 1991-07"),
        (HarvestCommand(date(2026, 6, 22)), "first day 2026-06-22 is in the future. Name one up to 2026-06-20"),
        (HarvestCommand(date(2026, 6, 1), date(2027, 1, 1)), "last day 2027-01-01 is in the future"),
        (HarvestCommand(date(2026, 6, 2), date(2026, 6, 1)), "last day, 2026-06-01, is before the first, 2026-06-02"),
    ],
)
def test_refuses_days_that_cannot_be(setting: Setting, command: HarvestCommand, words: str) -> None:
    """Days to come and days in the wrong order are wrong input, before anything is asked."""
    with pytest.raises(InvalidInputError, match=words):
        setting(command)
    assert setting.source.asked == []
    assert setting.store.closed
