"""The month (YYYY-MM) in which a paper was filed, from a date or from an arXiv identifier."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from domain.errors import InvalidFieldError

# The first identifiers are of July 1991, a month before the first submission on 14 August 1991.
FIRST_MONTH: Final = "1991-07"
Clock = Callable[[], datetime]
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}(?:-[0-9]{2})?)(?:[T ][0-9].*)?")
# Identifiers named the archive until 2007-03 (hep-th/9901001). Later ones are a month and a number (0704.0001).
_NEW_ID = re.compile(r"(?:^|[:/])([0-9]{2})([0-9]{2})\.[0-9]{4,5}(?:v[0-9]+)?$")
_OLD_ID = re.compile(r"(?:^|[:/])[a-z-]+(?:\.[A-Z]{2})?/([0-9]{2})([0-9]{2})[0-9]{3}(?:v[0-9]+)?$")
# The offset of the easternmost time zone from UTC.
_FARTHEST_EAST = timedelta(hours=14)


def system_clock() -> datetime:
    """Returns the computer's time in UTC."""
    return datetime.now(UTC)


def month_of(moment: datetime) -> str:
    """Returns the month (YYYY-MM) of a moment in UTC."""
    utc = moment.astimezone(UTC)
    return f"{utc.year:04}-{utc.month:02}"  # takes a quarter of the time of strftime


def latest_day(now: datetime) -> str:
    """Returns the latest day (YYYY-MM-DD) that has begun anywhere on Earth. Later days lie in the future."""
    return (now.astimezone(UTC) + _FARTHEST_EAST).date().isoformat()


def month_of_arxiv(submitted: datetime, identifier: str, clock: Clock = system_clock) -> str | None:
    """Returns the month of a paper on arXiv.

    Some first versions are dated before arXiv began or in the future. Their month is taken from the identifier.
    """
    month = month_of(submitted)
    return month if FIRST_MONTH <= month <= latest_day(clock())[:7] else month_of_identifier(identifier)


@lru_cache(maxsize=4096)
def check_month(month: str) -> None:
    """Raises InvalidFieldError for a text that is not a month (YYYY-MM) and for a month before arXiv began."""
    if not isinstance(month, str) or not _MONTH.fullmatch(month):
        raise InvalidFieldError("date", f"The month is {str(month)[:40]!r}. Write YYYY-MM.")
    if month < FIRST_MONTH:
        raise _too_early(month)


@lru_cache(maxsize=4096)
def day_of(text: str) -> str:
    """Returns the YYYY-MM or YYYY-MM-DD at the start of a text, without a time of day.

    Raises InvalidFieldError for any other text and for a day that does not exist.
    """
    found = _DAY.fullmatch(text.strip())
    if found is None or not _is_day(found[1]):
        raise InvalidFieldError("date", f"The date is {text[:40]!r}. Write YYYY-MM or YYYY-MM-DD.")
    return found[1]


def month_filed(day: str | None, identifier: str | None, latest: str) -> str | None:
    """Returns the month of a day (YYYY-MM or YYYY-MM-DD), else the month in an arXiv identifier, else None.

    Raises InvalidFieldError for a day before arXiv began or after `latest` (a result of `latest_day`). An identifier
    with such a month is ignored.
    """
    if not day:
        month = month_of_identifier(identifier)
        return month if month is not None and FIRST_MONTH <= month <= latest[:7] else None
    if day > latest[: len(day)]:
        raise InvalidFieldError("date", f"The date {day} lies in the future. Give one up to {latest[: len(day)]}.")
    if day[:7] < FIRST_MONTH:
        raise _too_early(day)
    return day[:7]


def month_of_identifier(identifier: str | None) -> str | None:
    """Returns the month (YYYY-MM) in an arXiv identifier, or None for other identifiers."""
    if not identifier:
        return None
    if found := _NEW_ID.search(identifier):
        year = f"20{found[1]}"
    elif found := _OLD_ID.search(identifier):
        year = f"{'19' if found[1] >= FIRST_MONTH[2:4] else '20'}{found[1]}"
    else:
        return None
    return f"{year}-{found[2]}" if "01" <= found[2] <= "12" else None


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text if len(text) > len(FIRST_MONTH) else f"{text}-01")
    except ValueError:
        return False
    return True


def _too_early(said: str) -> InvalidFieldError:
    message = f"The date {said} is before arXiv began in {FIRST_MONTH}. Give the month in which the paper was filed."
    return InvalidFieldError("date", message)
