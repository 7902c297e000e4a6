"""Reads fields of a JSON document that anyone may have written; each error is a ValueError that says what was found."""

import json
import sys
from collections.abc import Mapping
from typing import TypeVar

Json = Mapping[str, object]
Value = TypeVar("Value")


def take(document: Json, key: str, kind: type[Value]) -> Value:
    """The value of a key that has to be there, of that type."""
    if key not in document:
        raise ValueError(f"it lacks {key!r}")
    return typed(document[key], kind, repr(key))


def take_text_or_none(document: Json, key: str) -> str | None:
    """The text of a key that may be missing or null."""
    return None if document.get(key) is None else take(document, key, str)


def take_positive(document: Json, key: str) -> int:
    """The whole number from 1 of a key."""
    value = take(document, key, int)
    if value < 1:
        raise ValueError(f"{key!r} is {value}")
    return value


def typed(value: object, kind: type[Value], what: str) -> Value:
    """The value where it is of that type; true and false are no numbers."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{what} is a {type(value).__name__}, not a {kind.__name__}")
    return value


def number(value: object) -> float:
    """The value where it is a number that a double can hold."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max:
        return float(value)
    raise ValueError(f"{value!r} stands where a number should")


def json_text(document: Json) -> bytes:
    """The UTF-8 text of a document, one value on a line; NaN and infinities are a ValueError."""
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
