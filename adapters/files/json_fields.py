"""Reads fields of untrusted JSON documents. Raises ValueError with what was found."""

import json
import sys
from collections.abc import Mapping
from typing import TypeVar

Json = Mapping[str, object]
Value = TypeVar("Value")


def take(document: Json, key: str, kind: type[Value]) -> Value:
    """Returns the value of a required key, of that type."""
    if key not in document:
        raise ValueError(f"it lacks {key!r}")
    return typed(document[key], kind, repr(key))


def take_text_or_none(document: Json, key: str) -> str | None:
    """Returns the text of a key that may be missing or null."""
    return None if document.get(key) is None else take(document, key, str)


def take_positive(document: Json, key: str) -> int:
    """Returns the positive integer of a key."""
    value = take(document, key, int)
    if value < 1:
        raise ValueError(f"{key!r} is {value}")
    return value


def typed(value: object, kind: type[Value], what: str) -> Value:
    """Returns the value if it is of that type. Booleans are not integers."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{what} is a {type(value).__name__}, not a {kind.__name__}")
    return value


def number(value: object) -> float:
    """Returns the value if it is a number that a double can hold."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max:
        return float(value)
    raise ValueError(f"{value!r} is not a number")


def json_text(document: Json) -> bytes:
    """Returns the UTF-8 text of a document, with one value per line. Raises ValueError for NaN and infinities."""
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
