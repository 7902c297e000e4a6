"""Reads JSON objects from untrusted files."""

import json
import math

_MOST_NESTED = 64


def parse_json_object(text: bytes | str) -> dict[str, object]:
    """Returns the JSON object in a text.

    Raises ValueError for anything else, for nesting deeper than 64, for NaN and infinities, and for numbers beyond a
    double. The message names what was found.
    """
    try:
        document = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if not isinstance(document, dict):
        raise ValueError(f"it is a {type(document).__name__}, not an object")
    _check_depth(document)
    return document


_TOO_DEEP = f"its objects and lists are nested more than {_MOST_NESTED} deep"


def _check_depth(document: object) -> None:
    level = [document]
    for _ in range(_MOST_NESTED + 1):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


def _inside(value: object) -> list[object]:
    if isinstance(value, dict):
        return [inner for inner in value.values() if isinstance(inner, dict | list)]
    return [inner for inner in value if isinstance(inner, dict | list)] if isinstance(value, list) else []


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _no_number(digits)


def _no_number(found: str) -> float:
    raise ValueError(f"{found!r} is not a number that JSON allows")
