"""The month a paper is from, read from a date or from its arXiv identifier."""

import re
from datetime import date
from functools import lru_cache

from domain.errors import InvalidInputError

_ISO = re.compile(r"(\d{4})-(\d{2})(?:$|-\d)")
_MAIL = re.compile(r"\b\d{1,2} ([A-Z][a-z]{2}) (\d{4})\b")
_ABBREVIATIONS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAMES = {name: f"{number:02}" for number, name in enumerate(_ABBREVIATIONS, start=1)}
# arXiv numbered papers by archive until 2007-03 (hep-th/9901001), and by month alone since (0704.0001, 2501.01234).
_NEW_ID = re.compile(r"(?:^|[:/])(\d{2})(\d{2})\.\d{4,5}(?:v\d+)?$")
_OLD_ID = re.compile(r"(?:^|[:/])[a-z-]+(?:\.[A-Z]{2})?/(\d{2})(\d{2})\d{3}(?:v\d+)?$")
_FIRST_YEAR = 91


def month_of_date(value: object) -> str | None:
    """YYYY-MM of an ISO date, of a mail date (Mon, 2 Apr 2007 19:18:42 GMT), or of the first of Kaggle's versions.

    None where there is no date; raises InvalidInputError for one that cannot be read.
    """
    if isinstance(value, list | tuple):
        first = value[0] if value else None
        value = first.get("created") if isinstance(first, dict) else None
    if isinstance(value, date):
        return f"{value:%Y-%m}"
    if value is None or value == "" or value != value:  # NaN alone differs from itself
        return None
    if not isinstance(value, str):
        raise InvalidInputError(f"The date is {value!r}. Write YYYY-MM or YYYY-MM-DD.")
    return _month_of_text(value)


def month_of_id(identifier: str | None) -> str | None:
    """YYYY-MM that an arXiv identifier says, or None where it is of another kind."""
    if not identifier:
        return None
    if found := _NEW_ID.search(identifier):
        return _month(f"20{found[1]}", found[2])
    if found := _OLD_ID.search(identifier):
        century = "19" if int(found[1]) >= _FIRST_YEAR else "20"
        return _month(century + found[1], found[2])
    return None


@lru_cache(maxsize=4096)
def _month_of_text(text: str) -> str:
    month = None
    if found := _ISO.match(text):
        month = _month(found[1], found[2])
    elif (found := _MAIL.search(text)) and found[1] in _NAMES:
        month = f"{found[2]}-{_NAMES[found[1]]}"
    if month is None:
        raise InvalidInputError(f"The date is {text[:40]!r}. Write YYYY-MM or YYYY-MM-DD.")
    return month


def _month(year: str, month: str) -> str | None:
    return f"{year}-{month}" if "01" <= month <= "12" else None
