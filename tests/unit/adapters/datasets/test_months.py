"""Months out of dates and identifiers."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.datasets.months import month_of_date, month_of_id
from domain.errors import InvalidInputError


@pytest.mark.parametrize(
    ("value", "month"),
    [
        ("2025-01", "2025-01"),
        ("2008-11-26", "2008-11"),
        ("2024-02-29T23:59:59Z", "2024-02"),
        ("2024-02-29 23:59:59", "2024-02"),
        ("Mon, 2 Apr 2007 19:18:42 GMT", "2007-04"),
        (date(1999, 1, 31), "1999-01"),
        (datetime(1999, 12, 31, tzinfo=UTC), "1999-12"),
        ([{"version": "v1", "created": "Sat, 31 Mar 2007 02:26:18 GMT"}, {"created": "Tue, 1 May 2012"}], "2007-03"),
        ([], None),
        (["v1"], None),
        ("", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_reads_the_month_of_a_date(value: object, month: str | None) -> None:
    """ISO dates, mail dates, date objects and Kaggle's versions give their month; nothing gives none."""
    assert month_of_date(value) == month


@pytest.mark.parametrize("value", ["2025-13", "2025-00-01", "January", "202501", "2025-1", "2 Foo 2007", 202501, True])
def test_refuses_what_is_no_date(value: object) -> None:
    """A date that cannot be read is an error that quotes it and says how to write one."""
    with pytest.raises(InvalidInputError, match="YYYY-MM"):
        month_of_date(value)


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
    """New-style and old-style arXiv identifiers say their month; others say none."""
    assert month_of_id(identifier) == month


@given(st.integers(1991, 2089), st.integers(1, 12), st.integers(0, 999))
def test_identifiers_give_back_their_month(year: int, month: int, number: int) -> None:
    """An identifier made from a month, in the style of its time, gives that month back."""
    stamp = f"{year % 100:02}{month:02}"
    identifier = f"hep-th/{stamp}{number:03}" if (year, month) < (2007, 4) else f"{stamp}.{number:05}"
    assert month_of_id(identifier) == f"{year}-{month:02}"
