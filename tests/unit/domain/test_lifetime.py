"""Lifetime."""

import pytest

from domain.errors import InvalidFieldError
from domain.lifetime import Lifetime


@pytest.mark.parametrize(
    ("first", "last", "held"),
    [
        ("2017-09", None, [False, True, True]),
        (None, "2017-09", [True, True, False]),
        ("2017-09", "2017-09", [False, True, False]),
        (None, None, [True, True, True]),
    ],
)
def test_a_lifetime_holds_its_first_and_last_month(first: str | None, last: str | None, held: list[bool]) -> None:
    """Both bounds belong to it, and a bound that is not there bounds nothing."""
    lifetime = Lifetime(first, last)
    assert [lifetime.holds(month) for month in ("2017-08", "2017-09", "2017-10")] == held


def test_bounds_are_months_in_order() -> None:
    """A bound that is no month, or an end before the beginning, is refused."""
    with pytest.raises(InvalidFieldError, match="Write YYYY-MM"):
        Lifetime("2017")
    with pytest.raises(ValueError, match="ended in 2017-08 began in 2017-09"):
        Lifetime("2017-09", "2017-08")
