"""Months out of the columns that may say them."""

from datetime import UTC, date, datetime

import pytest

from adapters.datasets.months import day_of_value, month_of_record
from domain.errors import InvalidInputError


@pytest.mark.parametrize(
    ("value", "day"),
    [
        ("2025-01", "2025-01"),
        ("2008-11-26", "2008-11-26"),
        ("2024-02-29T23:59:59Z", "2024-02-29"),
        ("Mon, 2 Apr 2007 19:18:42 GMT", "2007-04"),
        (date(1999, 1, 31), "1999-01-31"),
        (datetime(1999, 12, 31, tzinfo=UTC), "1999-12-31"),
        ([{"version": "v1", "created": "Sat, 31 Mar 2007 02:26:18 GMT"}, {"created": "Tue, 1 May 2012"}], "2007-03"),
        ([{"version": "v1", "created": "Fri, 25 Apr 1986 15:39:49 GMT"}], None),
        ([], None),
        (["v1"], None),
        ("", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_reads_the_day_of_a_value(value: object, day: str | None) -> None:
    """ISO dates, mail dates, date objects and Kaggle's versions give a month or day. Nothing gives none."""
    assert day_of_value(value) == day


@pytest.mark.parametrize("value", ["2025-13", "2025-00-01", "January", "202501", "2025-1", "2 Foo 2007", 202501, True])
def test_refuses_what_is_no_date(value: object) -> None:
    """A date that cannot be read is an error that quotes it and says how to write one."""
    with pytest.raises(InvalidInputError, match="YYYY-MM"):
        day_of_value(value)


@pytest.mark.parametrize(("filed", "updated"), [("2026-12", None), (None, date(2027, 1, 1)), ("1 Jan 2027", None)])
def test_refuses_the_future(filed: object, updated: object) -> None:
    """A record that was filed, or last changed, after today is refused."""
    with pytest.raises(InvalidInputError, match="lies in the future"):
        month_of_record(filed, None, updated, "2026-11-28")
