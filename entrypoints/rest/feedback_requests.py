"""Reads feedback: everything that is wrong is named with its field and index."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.feedback import Feedback
from domain.logged_prediction import prediction_id
from domain.taxonomy import Taxonomy
from entrypoints.rest.problems import FieldError, invalid
from entrypoints.rest.requests import Limits, kind_of, object_of, shortened, shown, unknown_field

REQUEST_ID = r"[A-Za-z0-9._-]{1,64}"
PREDICTION_ID = REQUEST_ID + r":(0|[1-9][0-9]{0,5})"
LAST_INDEX = 999_999
MOST_LABELS = 50
LONGEST_SOURCE = 100
_BODY = frozenset({"feedback"})
_FIELDS = frozenset({"prediction_id", "request_id", "index", "labels", "abstract", "title", "source"})


def read_feedback(body: bytes, limits: Limits, taxonomy: Taxonomy) -> list[Feedback]:
    """The feedback of a body; where any of it cannot be read, ProblemError names all that is wrong."""
    given = object_of(body, _BODY, items="feedback").get("feedback")
    if not isinstance(given, list) or not given:
        raise invalid([FieldError("feedback", f"It is {kind_of(given) if given else 'empty'}. Send a list.")])
    if len(given) > limits.abstracts:
        message = f"There are {len(given):,}; the limit is {limits.abstracts:,}. Send fewer at once."
        raise invalid([FieldError("feedback", message)])
    read = [_Entry(value, index, limits, taxonomy) for index, value in enumerate(given)]
    errors = [error for entry in read for error in entry.errors]
    if errors:
        raise invalid(errors[:100])
    return [entry.feedback for entry in read if entry.feedback is not None]


class _Entry:
    """One feedback, or what is wrong with it."""

    def __init__(self, value: Any, index: int, limits: Limits, taxonomy: Taxonomy) -> None:
        self.errors: list[FieldError] = []
        self.feedback: Feedback | None = None
        self._index = index
        if not isinstance(value, dict):
            self.errors.append(FieldError(f"feedback[{index}]", f"It is {kind_of(value)}. Send an object.", index))
            return
        for key in value:
            if key not in _FIELDS:
                self._refuse(shortened(key), unknown_field(key, _FIELDS))
        id_ = self._id(value)
        labels = self._labels(value, taxonomy)
        abstract = self._abstract(value, limits)
        source = self._source(value)
        if not self.errors:
            self.feedback = Feedback(id_, labels, abstract, source)

    def _refuse(self, field: str, message: str) -> None:
        self.errors.append(FieldError(f"feedback[{self._index}].{field}", message, self._index))

    def _id(self, value: Mapping[str, Any]) -> str:
        if "prediction_id" in value:
            if "request_id" in value or "index" in value:
                self._refuse("prediction_id", "It says what request_id and index say. Send one or the other.")
            return self._matched(value, "prediction_id", PREDICTION_ID, "the request's X-Request-ID, a colon, an index")
        if "request_id" not in value:
            self._refuse("prediction_id", "It is missing. Send it, or request_id and index.")
            return ""
        index = value.get("index", 0)
        whole = type(index) is int or (type(index) is float and index.is_integer())
        if not whole or not 0 <= index <= LAST_INDEX:
            self._refuse("index", f"It is {shown(index)}. Send the place among the request's abstracts, from 0.")
            return ""
        return prediction_id(self._matched(value, "request_id", REQUEST_ID, "the answer's X-Request-ID"), int(index))

    def _matched(self, value: Mapping[str, Any], name: str, pattern: str, wanted: str) -> str:
        found = value[name]
        if not isinstance(found, str) or not re.fullmatch(pattern, found):
            self._refuse(name, f"It is {shown(found)}. Send {wanted}.")
            return ""
        return found

    def _labels(self, value: Mapping[str, Any], taxonomy: Taxonomy) -> tuple[Category, ...]:
        labels = value.get("labels")
        if not isinstance(labels, list) or not 1 <= len(labels) <= MOST_LABELS:
            sent = f"a list of {len(labels):,}" if isinstance(labels, list) else kind_of(labels)
            what = sent if "labels" in value else "missing"
            self._refuse("labels", f"It is {what}. Send a list of 1 to {MOST_LABELS} categories, the primary first.")
            return ()
        found = [self._label(label, number, taxonomy) for number, label in enumerate(labels)]
        known = [category for category in found if category is not None]
        if len(set(known)) != len(known):
            self._refuse("labels", "It names a category twice. Send each once.")
        return tuple(dict.fromkeys(known))

    def _label(self, label: Any, number: int, taxonomy: Taxonomy) -> Category | None:
        try:
            category = Category(label)
            taxonomy.column(category)
        except InvalidInputError as error:
            self._refuse(f"labels[{number}]", str(error) if isinstance(label, str) else f"It is {kind_of(label)}.")
            return None
        return category

    def _abstract(self, value: Mapping[str, Any], limits: Limits) -> Abstract | None:
        if "abstract" not in value:
            if "title" in value:
                self._refuse("title", "It comes without its abstract. Send both, or neither.")
            return None
        title = value.get("title")
        if title is not None and not isinstance(title, str):
            self._refuse("title", f"It is {kind_of(title)}. Send a text, or null.")
            return None
        try:
            return Abstract(value["abstract"], title, max_characters=limits.characters)
        except InvalidInputError as error:
            part = "title" if str(error).startswith("The title") else "abstract"
            self._refuse(part, str(error).replace(", or raise the setting max_characters", ""))
            return None

    def _source(self, value: Mapping[str, Any]) -> str:
        source = value.get("source", "")
        if not isinstance(source, str) or len(source) > LONGEST_SOURCE or not _is_unicode(source):
            self._refuse("source", f"It is {shown(source)}. Send a text of at most {LONGEST_SOURCE} characters.")
            return ""
        return source


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


def as_answer(given: Sequence[Feedback], kept: Sequence[Any]) -> dict[str, object]:
    """What is answered: what became of each, in order."""
    rows = zip(given, kept, strict=True)
    return {"feedback": [{"prediction_id": each.prediction_id, "kept": str(found)} for each, found in rows]}
