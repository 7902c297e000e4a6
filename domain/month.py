"""When a paper was filed: the month (YYYY-MM), out of a date or out of an arXiv identifier."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

from domain.errors import InvalidFieldError

# Identifiers begin a month before the first paper was sent in, on 14 August 1991.
FIRST_MONTH: Final = "1991-07"
Clock = Callable[[], datetime]
_MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}(?:-[0-9]{2})?)(?:[T ][0-9].*)?")
# arXiv numbered papers by archive until 2007-03 (hep-th/9901001), and by month alone since (0704.0001, 2501.01234).
_NEW_ID = re.compile(r"(?:^|[:/])([0-9]{2})([0-9]{2})\.[0-9]{4,5}(?:v[0-9]+)?$")
_OLD_ID = re.compile(r"(?:^|[:/])[a-z-]+(?:\.[A-Z]{2})?/([0-9]{2})([0-9]{2})[0-9]{3}(?:v[0-9]+)?$")
# It is the next day somewhere for so long before it is in Greenwich.
_FARTHEST_EAST = timedelta(hours=14)


def system_clock() -> datetime:
    """The computer's time, in UTC."""
    return datetime.now(UTC)


def month_of(moment: datetime) -> str:
    """YYYY-MM of a moment in UTC."""
    utc = moment.astimezone(UTC)
    return f"{utc.year:04}-{utc.month:02}"  # a quarter of strftime's time, which each request would pay


def latest_day(now: datetime) -> str:
    """YYYY-MM-DD of the latest day that has begun anywhere: a later one lies in the future."""
    return (now.astimezone(UTC) + _FARTHEST_EAST).date().isoformat()


def month_of_arxiv(submitted: datetime, identifier: str) -> str | None:
    """The month of a paper on arXiv. Some have a first version that is older than arXiv: their identifier says it."""
    month = month_of(submitted)
    return month if month >= FIRST_MONTH else month_of_identifier(identifier)


@lru_cache(maxsize=4096)
def check_month(month: str) -> None:
    """Raises InvalidFieldError for what is no month (YYYY-MM), or one before arXiv began."""
    if not isinstance(month, str) or not _MONTH.fullmatch(month):
        raise InvalidFieldError("date", f"The month is {str(month)[:40]!r}. Write YYYY-MM.")
    if month < FIRST_MONTH:
        raise _too_early(month)


@lru_cache(maxsize=4096)
def day_of(text: str) -> str:
    """The YYYY-MM or YYYY-MM-DD that a text begins with, a time of day left out.

    Raises InvalidFieldError for any other text, and for a day that no calendar has.
    """
    found = _DAY.fullmatch(text.strip())
    if found is None or not _is_day(found[1]):
        raise InvalidFieldError("date", f"The date is {text[:40]!r}. Write YYYY-MM or YYYY-MM-DD.")
    return found[1]


def month_filed(day: str | None, identifier: str | None, latest: str) -> str | None:
    """The month of a day (YYYY-MM or YYYY-MM-DD), or else the one in an arXiv identifier; None where neither says one.

    Raises InvalidFieldError for a day before arXiv began, or after `latest` (as `latest_day` gives it). An identifier
    that would mean such a month is no identifier of arXiv.
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
    """YYYY-MM that an arXiv identifier says, or None where it is of another kind."""
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
