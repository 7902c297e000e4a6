"""Reads the JSON object in the body of a request, and shortens what an answer quotes from it."""

import json
import re
from collections import Counter
from typing import Any, NoReturn

from domain.spelling import nearest
from entrypoints.rest.http.problems import Problem, ProblemError

_LONGEST_NAME = 60
_LONGEST_VALUE = 40
_LARGE = 1 << 16
_MOST_VALUES = 500_000
_TEXT = re.compile(rb'"(?:[^"\\]++|\\(?:.|\Z))*+(?:"|\Z)', re.DOTALL)


def object_of(body: bytes, items: str, example: str | None = None) -> dict[str, Any]:
    """Returns the JSON object in a body. Raises ProblemError, which asks for a list of `items`, for anything else.

    `example` is the object to ask for instead of one with such a list.
    """
    if not body:
        raise _unreadable("The body is empty. Send a JSON object.")
    if len(body) > _LARGE and _values_in(body) > _MOST_VALUES:
        raise _unreadable(f"The body has more than {_MOST_VALUES:,} values. Send a list of {items} and no more.")
    try:
        values = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise _unreadable(f"The body is not UTF-8 at byte {error.start + 1}. Send JSON in UTF-8.") from error
    except RecursionError as error:
        raise _unreadable(f"The body is nested too deeply. Send an object with a list of {items}.") from error
    except ValueError as error:
        raise _unreadable(f"The body is not JSON: {_place(error)}.") from error
    if not isinstance(values, dict):
        wanted = example or f'{{"{items}": [...]}}'
        raise _unreadable(f"The body is {kind_of(values)}, not an object. Send {wanted}.")
    return values


def _values_in(body: bytes) -> int:
    """Returns an upper bound of the values in a body without making them: small ones take forty times their bytes."""
    outside = _TEXT.sub(b"", body)
    return sum(outside.count(mark) for mark in (b",", b"[", b"{"))


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Returns an object, and refuses a repeated name, of which JSON's reader would silently drop the first value."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise _unreadable(f"The body names {shown(shortened(twice))} twice in one object. Send it once.")
    return found


_DECODER = json.JSONDecoder(parse_constant=_no_number, object_pairs_hook=_once_each)


def _unreadable(detail: str) -> ProblemError:
    return ProblemError(Problem(400, "unreadable-body", detail))


def _place(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} at line {error.lineno}, column {error.colno}"
    return "a number has too many digits" if "digits" in str(error) else str(error)


def unknown_field(key: str, known: frozenset[str]) -> str:
    """Returns the message for an unknown field."""
    near = nearest(key, known)
    return "There is no such field. " + (f"Did you mean {near}?" if near else f"Known are {', '.join(sorted(known))}.")


def encodable(text: str) -> str:
    """Returns a text with each half of a surrogate pair, which JSON allows and UTF-8 does not, as a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def shortened(key: str) -> str:
    """Returns a field's name, shortened for an answer."""
    return encodable(key[:_LONGEST_NAME])


def shown(value: Any) -> str:
    """Returns a value as an answer may quote it. A list or an object is named by its type."""
    if isinstance(value, list | dict):
        return kind_of(value)
    text = json.dumps(value[: _LONGEST_VALUE + 1] if isinstance(value, str) else value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}..."


def kind_of(value: Any) -> str:
    """Returns the JSON type of a value."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
