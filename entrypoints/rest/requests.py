"""Reads the bodies of requests: everything that is wrong is named with its field and index."""

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from typing import Any, NoReturn

from domain.abstract import Abstract
from domain.errors import InvalidInputError
from entrypoints.rest.problems import FieldError, Problem, ProblemError, invalid

PREVIEW = 100
MODEL_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,63})?"
_MODEL = re.compile(MODEL_NAME)
_ITEM_FIELDS = frozenset({"id", "title", "abstract"})
_PREDICT = frozenset({"abstracts", "threshold", "top_k", "explain", "model", "on_error"})
_SIMILAR = frozenset({"abstracts", "top_k", "on_error"})
_EMBED = frozenset({"abstracts", "on_error"})
_LONGEST_ID = 1000
_MOST_ERRORS = 10


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may hold."""

    abstracts: int
    characters: int


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of `abstracts`: read, or with what is wrong about it."""

    preview: str
    id: str | None
    abstract: Abstract | None
    error: FieldError | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A body that was read. `threshold` is None for the model's own, `top_k` 0 for no limit."""

    items: tuple[Item, ...]
    threshold: float | None = None
    top_k: int = 0
    explain: bool = False
    model: str | None = None

    @property
    def abstracts(self) -> list[Abstract]:
        """Those that could be read, in their order."""
        return [item.abstract for item in self.items if item.abstract is not None]


def read_predict(body: bytes, limits: Limits) -> Request:
    """The body of a request for predictions; one that cannot be read raises ProblemError."""
    values = object_of(body, _PREDICT)
    return Request(
        _items(values, limits),
        threshold=_checked(values, "threshold", None, _probability, "a number from 0 to 1"),
        top_k=int(_checked(values, "top_k", 0, _count, "a whole number from 0; 0 is no limit")),
        explain=_checked(values, "explain", False, _boolean, "true or false"),
        model=_checked(values, "model", None, _model_name, "a kind of model, or kind/version"),
    )


def read_similar(body: bytes, limits: Limits) -> Request:
    """The body of a request for similar papers; `top_k` is 10 where it does not say."""
    values = object_of(body, _SIMILAR)
    wanted = "a whole number from 1 to 1,000"
    top_k = _checked(values, "top_k", 10, lambda value: _count(value) and 1 <= value <= 1000, wanted)
    return Request(_items(values, limits), top_k=int(top_k))


def read_embed(body: bytes, limits: Limits) -> Request:
    """The body of a request for vectors."""
    return Request(_items(object_of(body, _EMBED), limits))


def object_of(body: bytes, known: frozenset[str], *, items: str = "abstracts") -> dict[str, Any]:
    """The JSON object in a body, without unknown fields; anything else raises ProblemError."""
    if not body:
        raise _unreadable("The body is empty. Send a JSON object.")
    try:
        values = json.loads(body.decode("utf-8"), parse_constant=_no_number, object_pairs_hook=_once_each)
    except UnicodeDecodeError as error:
        raise _unreadable(f"The body is not UTF-8 at byte {error.start + 1}. Send JSON in UTF-8.") from error
    except RecursionError as error:
        raise _unreadable(f"The body is nested too deeply. Send an object with a list of {items}.") from error
    except ValueError as error:
        raise _unreadable(f"The body is not JSON: {_place(error)}.") from error
    if not isinstance(values, dict):
        raise _unreadable(f'The body is {kind_of(values)}, not an object. Send {{"{items}": [...]}}.')
    unknown = list(islice((key for key in values if key not in known), _MOST_ERRORS))
    if unknown:
        raise invalid([FieldError(shortened(key), unknown_field(key, known)) for key in unknown])
    return values


def _items(values: Mapping[str, Any], limits: Limits) -> tuple[Item, ...]:
    given = values.get("abstracts")
    if not isinstance(given, list) or not given:
        found = "missing" if "abstracts" not in values else "empty" if given == [] else kind_of(given)
        raise invalid([FieldError("abstracts", f"It is {found}. Send a list of texts or objects.")])
    if len(given) > limits.abstracts:
        raise invalid(
            [
                FieldError(
                    "abstracts", f"There are {len(given):,}; the limit is {limits.abstracts:,}. Send fewer at once."
                )
            ]
        )
    on_error = _checked(values, "on_error", "report", lambda value: value in ("report", "fail"), '"report" or "fail"')
    items = tuple(_item(value, index, limits) for index, value in enumerate(given))
    errors = [item.error for item in items if item.error is not None]
    if errors and (on_error == "fail" or len(errors) == len(items)):
        raise invalid(errors)
    return items


def _item(value: Any, index: int, limits: Limits) -> Item:
    """Never raises: what is wrong is in the item."""
    path = f"abstracts[{index}]"
    fields: Mapping[str, Any] = value if isinstance(value, dict) else {"abstract": value}
    text, id_ = fields.get("abstract"), fields.get("id")
    preview = _preview(text) if isinstance(text, str) else ""
    known_id = id_ if isinstance(id_, str) and len(id_) <= _LONGEST_ID else None
    try:
        return Item(preview, known_id, _abstract(fields, path, limits))
    except _BadFieldError as error:
        return Item(preview, known_id, None, FieldError(error.field, error.message, index))


class _BadFieldError(Exception):
    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def _abstract(fields: Mapping[str, Any], path: str, limits: Limits) -> Abstract:
    for key in fields:
        if key not in _ITEM_FIELDS:
            raise _BadFieldError(f"{path}.{shortened(key)}", unknown_field(key, _ITEM_FIELDS))
    id_, title = fields.get("id"), fields.get("title")
    if id_ is not None and not (isinstance(id_, str) and len(id_) <= _LONGEST_ID):
        found = f"It has {len(id_):,} characters" if isinstance(id_, str) else f"It is {kind_of(id_)}"
        raise _BadFieldError(f"{path}.id", f"{found}. Send a text of at most {_LONGEST_ID:,} characters.")
    try:
        return Abstract(fields.get("abstract"), title, id_, max_characters=limits.characters)  # type: ignore[arg-type]  # it checks
    except InvalidInputError as error:
        part = "title" if str(error).startswith("The title") else "abstract"
        message = str(error).replace(", or raise the setting max_characters", "")
        raise _BadFieldError(f"{path}.{part}", message) from error


def _checked(values: Mapping[str, Any], name: str, default: Any, holds: Callable[[Any], bool], wanted: str) -> Any:
    value = values.get(name)
    if value is None:
        return default
    if not holds(value):
        raise invalid([FieldError(name, f"It is {shown(value)}. Send {wanted}.")])
    return value


def _probability(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and 0 <= value <= 1


def _count(value: Any) -> bool:
    whole = type(value) is int or (type(value) is float and value.is_integer())  # 10.0 is an integer to JSON Schema
    return whole and 0 <= value < 1 << 31


def _boolean(value: Any) -> bool:
    return isinstance(value, bool)


def _model_name(value: Any) -> bool:
    return isinstance(value, str) and bool(_MODEL.fullmatch(value))


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of two values of a name, JSON's reader would lose the first without a word."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise _unreadable(f"The body names {shown(shortened(twice))} twice in one object. Send it once.")
    return found


def _unreadable(detail: str) -> ProblemError:
    return ProblemError(Problem(400, "unreadable-body", detail))


def _place(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg[:1].lower()}{error.msg[1:]} at line {error.lineno}, column {error.colno}"
    return "a number has too many digits" if "digits" in str(error) else str(error)


def unknown_field(key: str, known: frozenset[str]) -> str:
    """The sentence for a field that nobody knows."""
    near = get_close_matches(key[:50], sorted(known), n=1, cutoff=0.5)
    return "There is no such field. " + (
        f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known))}."
    )


def _preview(text: str) -> str:
    # Half of a surrogate pair can be spelt in JSON and not be sent back in UTF-8.
    cut = text if len(text) <= PREVIEW else f"{text[:PREVIEW]}..."
    return cut.encode("utf-8", "replace").decode("utf-8")


def shortened(key: str) -> str:
    """A field's name as an answer may repeat it."""
    return _preview(key[:60])


def shown(value: Any) -> str:
    """A value as an answer may repeat it."""
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def kind_of(value: Any) -> str:
    """What a value is in JSON."""
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
