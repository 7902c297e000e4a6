"""Finds the month in which a paper was filed, from the columns that may contain it."""

import re
from datetime import date
from functools import lru_cache

from domain.errors import InvalidInputError
from domain.month import FIRST_MONTH, day_of, month_filed

_MAIL = re.compile(r"\b[0-9]{1,2} ([A-Z][a-z]{2}) ([0-9]{4})\b")
_ABBREVIATIONS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMES = {name: f"{number:02}" for number, name in enumerate(_ABBREVIATIONS, start=1)}


def month_of_record(filed: object, identifier: str | None, updated: object, latest: str) -> str | None:
    """Returns the month (YYYY-MM) of a paper by its date, else its arXiv identifier, else its last update, else None.

    Raises InvalidInputError for a date that cannot be read, is before arXiv began, or is after `latest` (YYYY-MM-DD).
    """
    # An update may be years after the submission, so the identifier is tried first.
    return month_filed(day_of_value(filed), identifier, latest) or month_filed(day_of_value(updated), None, latest)


def day_of_value(value: object) -> str | None:
    """Returns the YYYY-MM or YYYY-MM-DD of an ISO date, a mail date or Kaggle's first version, or None without a date.

    A mail date looks like Mon, 2 Apr 2007 19:18:42 GMT. Raises InvalidInputError for a date that cannot be read. A
    first version from before arXiv began is ignored, because its paper came to arXiv later.
    """
    if isinstance(value, list | tuple):
        first = value[0] if value else None
        day = day_of_value(first.get("created")) if isinstance(first, dict) else None
        return day if day is None or day >= FIRST_MONTH else None
    if isinstance(value, date):
        return value.isoformat()[:10]
    if value is None or value == "" or value != value:  # NaN alone differs from itself
        return None
    if not isinstance(value, str):
        raise InvalidInputError(f"The date is {value!r}. Write YYYY-MM or YYYY-MM-DD.")
    return _day_of_text(value)


@lru_cache(maxsize=4096)
def _day_of_text(text: str) -> str:
    if (found := _MAIL.search(text)) and found[1] in _NAMES:
        return f"{found[2]}-{_NAMES[found[1]]}"
    return day_of(text)
