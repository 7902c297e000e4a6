"""Months out of dates and identifiers, and which months there can be."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidFieldError
from domain.month import (
    FIRST_MONTH,
    check_month,
    day_of,
    latest_day,
    month_filed,
    month_of,
    month_of_arxiv,
    month_of_identifier,
)

TODAY = "2026-11-28"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-01", "2025-01"),
        (" 2025-01\n", "2025-01"),
        ("2008-11-26", "2008-11-26"),
        ("2024-02-29T23:59:59Z", "2024-02-29"),
        ("2024-02-29 23:59:59", "2024-02-29"),
    ],
)
def test_reads_a_month_or_a_day(text: str, day: str) -> None:
    """YYYY-MM and YYYY-MM-DD are read, with a time of day or without."""
    assert day_of(text) == day


@pytest.mark.parametrize(
    "text",
    ["", "2025", "2025-13", "2025-00-01", "2025-02-30", "0000-01", "2025-1", "202501", "soon", "\u0662025-01"],
)
def test_refuses_what_is_no_day(text: str) -> None:
    """Other texts, and days that no calendar has, are quoted in an error of `date` that says what to write."""
    with pytest.raises(InvalidFieldError, match="YYYY-MM or YYYY-MM-DD") as caught:
        day_of(text)
    assert caught.value.field == "date"
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("month", ["2025-13", "2025-1", "2025-01-01", "2025-01\n", "", 202501, "\u0662025-01"])
def test_a_month_has_one_form(month: str) -> None:
    """A month that is not YYYY-MM is refused."""
    with pytest.raises(InvalidFieldError, match="Write YYYY-MM"):
        check_month(month)


def test_no_paper_is_older_than_arxiv() -> None:
    """The first month of identifiers is a month, the one before it is refused with that month in the sentence."""
    check_month(FIRST_MONTH)
    with pytest.raises(InvalidFieldError, match="The date 1991-06 is before arXiv began in 1991-07"):
        check_month("1991-06")
    with pytest.raises(InvalidFieldError, match="The date 1985-03-01 is before arXiv began"):
        month_filed("1985-03-01", None, TODAY)


@pytest.mark.parametrize(
    ("day", "identifier", "month"),
    [
        ("2015-03", None, "2015-03"),
        ("2015-03-31", "2606.01234", "2015-03"),
        (None, "2606.01234", "2026-06"),
        ("", "hep-th/9901001", "1999-01"),
        (TODAY, None, "2026-11"),
        (None, "paper 7", None),
        (None, None, None),
    ],
)
def test_a_date_comes_before_an_identifier(day: str | None, identifier: str | None, month: str | None) -> None:
    """The month is that of the date, else that of the identifier, else unknown."""
    assert month_filed(day, identifier, TODAY) == month


@pytest.mark.parametrize(("day", "most"), [("2026-12", "2026-11"), ("2026-11-29", TODAY), ("9999-12-31", TODAY)])
def test_refuses_the_future(day: str, most: str) -> None:
    """A month or a day that has not begun is refused. The sentence names the last one that has."""
    with pytest.raises(InvalidFieldError, match=f"The date {day} lies in the future. Give one up to {most}"):
        month_filed(day, None, TODAY)


@pytest.mark.parametrize("identifier", ["2612.00001", "3012.00001", "hep-th/9101001"])
def test_an_identifier_of_a_month_that_cannot_be_says_nothing(identifier: str) -> None:
    """Numbers that look like an identifier of the future, or of before arXiv, are no arXiv identifiers."""
    assert month_filed(None, identifier, TODAY) is None


def test_the_future_begins_when_a_day_has_begun_nowhere() -> None:
    """If it is ten in the morning in Greenwich, the next day has begun on some islands."""
    assert latest_day(datetime(2026, 11, 30, 9, 59, tzinfo=UTC)) == "2026-11-30"
    assert latest_day(datetime(2026, 11, 30, 10, 0, tzinfo=UTC)) == "2026-12-01"
    assert month_of(datetime(2026, 12, 1, 1, 0, tzinfo=timezone(timedelta(hours=2)))) == "2026-11"


@pytest.mark.parametrize(
    ("submitted", "identifier", "month"),
    [
        (datetime(1999, 1, 31, tzinfo=UTC), "hep-th/9901001", "1999-01"),
        (datetime(2015, 3, 31, tzinfo=UTC), "1504.00001", "2015-03"),
        (datetime(1986, 4, 25, tzinfo=UTC), "hep-lat/9212001", "1992-12"),
        (datetime(9035, 5, 5, tzinfo=UTC), "2605.00001", "2026-05"),
    ],
)
def test_an_impossible_first_version_counts_by_its_identifier(submitted: datetime, identifier: str, month: str) -> None:
    """A paper of arXiv is of the month of its first version, where arXiv was there by then."""
    assert month_of_arxiv(submitted, identifier) == month


@pytest.mark.parametrize(
    ("identifier", "month"),
    [
        ("0704.0001", "2007-04"),
        ("2501.01234", "2025-01"),
        ("2501.01234v2", "2025-01"),
        ("arXiv:2501.01234", "2025-01"),
        ("http://arxiv.org/abs/2501.01234v1", "2025-01"),
        ("hep-th/9901001", "1999-01"),
        ("hep-th/9108001", "1991-08"),
        ("math.GT/0309136", "2003-09"),
        ("cs/0703001v3", "2007-03"),
        ("2513.01234", None),
        ("hep-th/9900001", None),
        ("12345", None),
        ("2501.123", None),
        ("paper 7", None),
        ("", None),
        (None, None),
    ],
)
def test_reads_the_month_of_an_identifier(identifier: str | None, month: str | None) -> None:
    """New-style and old-style arXiv identifiers say their month. Others say none."""
    assert month_of_identifier(identifier) == month


@given(st.integers(1991, 2089), st.integers(1, 12), st.integers(0, 999))
def test_identifiers_give_back_their_month(year: int, month: int, number: int) -> None:
    """An identifier made from a month, in the style of its time, gives that month back."""
    stamp = f"{year % 100:02}{month:02}"
    identifier = f"hep-th/{stamp}{number:03}" if (year, month) < (2007, 4) else f"{stamp}.{number:05}"
    assert month_of_identifier(identifier) == f"{year}-{month:02}"
