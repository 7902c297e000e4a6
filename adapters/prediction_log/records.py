"""Converts logged predictions to lines of JSON and back."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.experiment import Assignment
from domain.label import Label
from domain.logged_prediction import LoggedPrediction
from domain.prediction import CategoryScore

_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def line_of(prediction: LoggedPrediction, *, keep_text: bool) -> bytes:
    """Returns the line with its end. The paper's text is included only if `keep_text`."""
    values: dict[str, object] = {
        "time": prediction.time,
        "prediction_id": prediction.prediction_id,
        "paper_sha256": prediction.paper,
        "variant": prediction.variant,
        "assignment": prediction.assignment.value,
        "model": prediction.model,
        "shadow": prediction.assignment is Assignment.SHADOW,
        "labels": _scores(prediction.labels),
        "top": _scores(prediction.top),
        "milliseconds": round(prediction.milliseconds, 3),
    }
    if keep_text and prediction.abstract is not None:
        values |= {"title": prediction.abstract.title, "abstract": prediction.abstract.text}
    return _dumps(values).encode() + b"\n"


def prediction_of(line: bytes) -> LoggedPrediction:
    """Returns the prediction of a line. Raises InvalidInputError for any other line."""
    try:
        values = json.loads(line)
        return LoggedPrediction(
            time=_text(values, "time"),
            prediction_id=_text(values, "prediction_id"),
            paper=_text(values, "paper_sha256"),
            variant=None if values["variant"] is None else _text(values, "variant"),
            assignment=Assignment(values["assignment"]),
            model=_text(values, "model"),
            labels=_read_scores(values["labels"]),
            top=_read_scores(values["top"]),
            milliseconds=_number(values["milliseconds"]),
            abstract=_abstract(values),
        )
    except KeyError as error:
        raise InvalidInputError(f"The line has no field {error.args[0]!r}.") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInputError(f"The line is not a logged prediction: {error}.") from error


def _scores(scores: Sequence[CategoryScore]) -> list[dict[str, object]]:
    return [{"label": score.category.identifier, "probability": round(score.probability, 4)} for score in scores]


def _read_scores(values: Any) -> tuple[CategoryScore, ...]:
    return tuple(CategoryScore(Label.parse(each["label"]), _number(each["probability"])) for each in values)


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):  # not valid in JSON
        raise InvalidInputError(f"The line has {value!r} in place of a number.")
    return number


def _text(values: Mapping[str, Any], name: str) -> str:
    value = values[name]
    if not isinstance(value, str):
        raise InvalidInputError(f"The field {name} is {value!r}, not a text.")
    return value


def _abstract(values: Mapping[str, Any]) -> Abstract | None:
    text, title = values.get("abstract"), values.get("title")
    return None if text is None else Abstract(text, title, max_characters=max(len(text), len(title or "")))
