"""What OpenAPI says of feedback; feedback_requests.py is what reads it."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiExample, inline_serializer
from rest_framework import serializers

from entrypoints.rest.feedback_requests import LAST_INDEX, LONGEST_SOURCE, MOST_LABELS, PREDICTION_ID, REQUEST_ID
from entrypoints.rest.schema import NOT_BLANK

_LABELS = ["cs.CV", "eess.IV"]


def request_schema(most: int, characters: int, categories: Sequence[str]) -> dict[str, Any]:
    """The JSON schema of a body of feedback."""
    item = {"oneOf": [_item(id_, words, categories) for id_ in _IDS for words in _words(characters)]}
    feedback = {"type": "array", "minItems": 1, "maxItems": most, "items": item}
    properties = {"feedback": feedback}
    return {"type": "object", "properties": properties, "required": ["feedback"], "additionalProperties": False}


_IDS: list[dict[str, dict[str, Any]]] = [
    {
        "prediction_id": {
            "type": "string",
            "pattern": f"^{PREDICTION_ID}$",
            "description": "The X-Request-ID of the answer, a colon, and the place of the abstract, from 0.",
        }
    },
    {
        "request_id": {"type": "string", "pattern": f"^{REQUEST_ID}$", "description": "X-Request-ID of the answer."},
        "index": {"type": "integer", "minimum": 0, "maximum": LAST_INDEX, "description": "0 where it is not said."},
    },
]


def _words(characters: int) -> list[dict[str, dict[str, Any]]]:
    """Without the paper's words, or with them."""
    text = {"type": "string", "minLength": 1, "maxLength": characters, "pattern": NOT_BLANK}
    return [{}, {"abstract": text, "title": {"type": ["string", "null"], "maxLength": characters}}]


def _item(id_: dict[str, Any], words: dict[str, Any], categories: Sequence[str]) -> dict[str, Any]:
    labels = {
        "type": "array",
        "items": {"type": "string", "enum": list(categories)},
        "minItems": 1,
        "maxItems": MOST_LABELS,
        "uniqueItems": True,
        "description": "The paper's true categories, the primary first.",
    }
    source = {"type": "string", "maxLength": LONGEST_SOURCE, "description": "Who says so."}
    required = [next(iter(id_)), "labels", *(["abstract"] if words else [])]
    properties = {**id_, "labels": labels, **words, "source": source}
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


KEPT = inline_serializer(
    "FeedbackKept",
    {
        "feedback": serializers.ListField(
            child=inline_serializer(
                "OneFeedbackKept",
                {
                    "prediction_id": serializers.CharField(),
                    "kept": serializers.ChoiceField(choices=["created", "replaced", "unchanged"]),
                },
            )
        )
    },
)
EXAMPLES = [
    OpenApiExample(
        "By prediction",
        {"feedback": [{"prediction_id": "b0b3c5d2:0", "labels": _LABELS, "source": "moderator"}]},
        request_only=True,
    ),
    OpenApiExample(
        "By request, with the paper's words",
        {
            "feedback": [
                {
                    "request_id": "b0b3c5d2",
                    "index": 1,
                    "labels": ["hep-th"],
                    "title": "On branes",
                    "abstract": "We study the duality of branes.",
                }
            ]
        },
        request_only=True,
    ),
    OpenApiExample(
        "Kept",
        {"feedback": [{"prediction_id": "b0b3c5d2:0", "kept": "created"}]},
        response_only=True,
        status_codes=["200"],
    ),
]
