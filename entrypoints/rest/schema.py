"""What OpenAPI says of requests and answers; requests.py is what reads them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

from domain.experiment import Experiment
from entrypoints.rest.problems import CONTENT_TYPE
from entrypoints.rest.requests import MODEL_NAME

_TEXT = "We propose a convolutional network for image segmentation of medical scans."


def _problem(description: str, kind: str, status: int, detail: str) -> OpenApiResponse:
    example = {"type": f"urn:arxiv-classifier:problem:{kind}", "title": description, "status": status, "detail": detail}
    return OpenApiResponse(PROBLEM, description, [OpenApiExample(description, example)])


FIELD_ERROR = inline_serializer(
    "FieldError",
    {
        "field": serializers.CharField(help_text="Which field, as abstracts[3].title."),
        "message": serializers.CharField(help_text="What is wrong with it and what to do."),
        "index": serializers.IntegerField(required=False, help_text="Which item of abstracts, from 0."),
    },
)
PROBLEM = inline_serializer(
    "Problem",
    {
        "type": serializers.CharField(help_text="A name of the problem for programs."),
        "title": serializers.CharField(),
        "status": serializers.IntegerField(),
        "detail": serializers.CharField(help_text="What was wrong and what to do."),
        "instance": serializers.CharField(required=False, help_text="The path that was asked for."),
        "errors": serializers.ListField(child=FIELD_ERROR, required=False),
        "request_id": serializers.CharField(required=False),
    },
)


# ECMA's \s, which JSON Schema means, lacks some of what Python takes for blank.
NOT_BLANK = r"[^\s\u001c-\u001f\u0085]"


def abstract_schema(characters: int) -> dict[str, Any]:
    """One of `abstracts`: its text alone, or with title and identifier."""
    text = {"type": "string", "minLength": 1, "maxLength": characters, "pattern": NOT_BLANK}
    title = {"type": ["string", "null"], "maxLength": characters}
    properties = {"id": {"type": ["string", "null"], "maxLength": 1000}, "title": title, "abstract": text}
    item = {"type": "object", "properties": properties, "required": ["abstract"], "additionalProperties": False}
    return {"oneOf": [text, item]}


def request_schema(most: int, characters: int, **fields: dict[str, Any]) -> dict[str, Any]:
    """The JSON schema of a body."""
    abstracts = {"type": "array", "minItems": 1, "maxItems": most, "items": abstract_schema(characters)}
    on_error = {"type": ["string", "null"], "enum": ["report", "fail", None]}
    properties = {"abstracts": abstracts, **fields, "on_error": on_error}
    return {"type": "object", "properties": properties, "required": ["abstracts"], "additionalProperties": False}


def require_bodies(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Says of every body that it is needed, which the library does not of one that is given as a plain schema."""
    for path in result["paths"].values():
        for operation in path.values():
            if "requestBody" in operation:
                operation["requestBody"]["required"] = True
    return result


PREDICT_FIELDS: dict[str, dict[str, Any]] = {
    "threshold": {
        "type": ["number", "null"],
        "minimum": 0,
        "maximum": 1,
        "description": "Categories from this probability on; null for the model's own.",
    },
    "top_k": {
        "type": ["integer", "null"],
        "minimum": 0,
        "maximum": 2147483647,
        "description": "At most so many of an abstract; 0 is no limit.",
    },
    "explain": {"type": ["boolean", "null"], "description": "Which words each probability comes from."},
    "model": {
        "type": ["string", "null"],
        "pattern": f"^{MODEL_NAME}$",
        "description": "A kind of model, or kind/version; null for the default.",
    },
}


def variant_headers(plan: Experiment | None) -> list[OpenApiParameter]:
    """The headers that choose a variant, where there are any."""
    if plan is None:
        return []
    names = [variant.name for variant in plan.open]
    force = f"The variant that is to answer: {', '.join(names)}. Not together with `model`."
    stick = "Requests of the same key are answered by the same variant; without it, those of an API key or an address."
    return [
        OpenApiParameter("X-Model-Variant", str, "header", description=force, enum=names),
        OpenApiParameter("X-Request-Key", str, "header", description=stick),
    ]


SIMILAR_FIELDS: dict[str, dict[str, Any]] = {
    "top_k": {
        "type": ["integer", "null"],
        "minimum": 1,
        "maximum": 1000,
        "description": "So many papers; 10 where it does not say.",
    },
}

TERM = inline_serializer("Term", {"term": serializers.CharField(), "contribution": serializers.FloatField()})
EXPLANATION = inline_serializer(
    "Explanation",
    {
        "method": serializers.CharField(help_text="integrated_gradients or occlusion."),
        "logit": serializers.FloatField(),
        "base": serializers.FloatField(
            required=False, help_text="The logit without words, where contributions add up."
        ),
        "others": serializers.FloatField(required=False, help_text="The sum of the terms left out."),
        "terms": serializers.ListField(child=TERM),
    },
)
LABEL = inline_serializer(
    "Label",
    {
        "label": serializers.CharField(help_text="An arXiv category."),
        "probability": serializers.FloatField(min_value=0, max_value=1),
        "explanation": EXPLANATION.__class__(required=False),
    },
)
_HEAD = {
    "id": serializers.CharField(required=False, help_text="The item's own."),
    "abstract_preview": serializers.CharField(help_text="How the abstract begins.", allow_blank=True),
}


def _result(name: str, **found: Any) -> Any:
    error = FIELD_ERROR.__class__(required=False, help_text="What is wrong with this item.")
    return inline_serializer(name, {**_HEAD, **found, "error": error})


def _answer(name: str, result: Any, **more: Any) -> Any:
    model_version = serializers.CharField(help_text="The version of the model's bundle.")
    return inline_serializer(
        name, {"results": serializers.ListField(child=result), "model_version": model_version, **more}
    )


PREDICTION = _answer(
    "Predictions", _result("Prediction", predictions=serializers.ListField(child=LABEL, required=False))
)
SIMILAR_PAPER = inline_serializer(
    "SimilarPaper",
    {
        "id": serializers.CharField(allow_blank=True),
        "title": serializers.CharField(allow_blank=True),
        "categories": serializers.ListField(child=serializers.CharField()),
        "similarity": serializers.FloatField(help_text="The cosine of the angle between the vectors."),
    },
)
SIMILAR = _answer(
    "SimilarPapers", _result("SimilarTo", similar=serializers.ListField(child=SIMILAR_PAPER, required=False))
)
VECTORS = _answer(
    "Vectors",
    _result("Vector", vector=serializers.ListField(child=serializers.FloatField(), required=False)),
    dimensions=serializers.IntegerField(),
)
HEALTH = inline_serializer(
    "Health",
    {
        "status": serializers.CharField(help_text="healthy, or degraded or unhealthy with a reason."),
        "model_loaded": serializers.BooleanField(),
        "model_type": serializers.CharField(),
        "version": serializers.CharField(help_text="Of this interface."),
        "reason": serializers.CharField(required=False),
    },
)
ALIVE = inline_serializer("Alive", {"status": serializers.CharField()})
MODEL = inline_serializer(
    "Model",
    {
        "model": serializers.CharField(help_text="kind/version"),
        "kind": serializers.CharField(),
        "version": serializers.CharField(),
        "created": serializers.CharField(),
        "categories": serializers.IntegerField(),
        "default": serializers.BooleanField(),
        "loaded": serializers.BooleanField(),
        "threshold": serializers.FloatField(),
        "micro_f1": serializers.FloatField(allow_null=True, help_text="On its test papers."),
    },
)
MODELS = inline_serializer("Models", {"models": serializers.ListField(child=MODEL)})
CATEGORY = inline_serializer(
    "Category",
    {
        "label": serializers.CharField(),
        "name": serializers.CharField(allow_blank=True),
        "group": serializers.CharField(allow_blank=True),
        "description": serializers.CharField(allow_blank=True),
        "alias": serializers.CharField(allow_null=True, help_text="The category that is listed together with it."),
        "started": serializers.CharField(allow_null=True, help_text="Its first month, as 2007-01."),
        "retired": serializers.CharField(allow_null=True, help_text="Its last month; null for one in use."),
        "threshold": serializers.FloatField(),
    },
)
CATEGORIES = inline_serializer(
    "Categories", {"categories": serializers.ListField(child=CATEGORY), "model_version": serializers.CharField()}
)


def _documents(problems: dict[int, OpenApiResponse]) -> dict[tuple[int, str], OpenApiResponse]:
    return {(status, CONTENT_TYPE): problem for status, problem in problems.items()}


_KEYLESS = {
    400: _problem("Bad Request", "bad-request", 400, "The request is malformed."),
    405: _problem("Method Not Allowed", "method-not-allowed", 405, 'Method "PUT" not allowed.'),
    500: _problem(
        "Internal Server Error", "unforeseen", 500, "Something unforeseen happened. Send the operator the request_id."
    ),
}
_COMMON = {
    **_KEYLESS,
    401: _problem(
        "Unauthorized", "unknown-key", 401, "An API key is asked for, and this request has none that is known."
    ),
    429: _problem(
        "Too Many Requests", "too-many-requests", 429, "More than 600/minute requests. Ask again after 12 seconds."
    ),
    503: _problem("Service Unavailable", "model-not-loaded", 503, "The model cannot be loaded now; it is tried again."),
}
_WITH_BODY = {
    **_COMMON,
    400: _problem(
        "Bad Request", "invalid-request", 400, "abstracts[0].abstract: The abstract is blank. Send its text."
    ),
    404: _problem(
        "Not Found", "unknown-model", 404, "There is no model 'specter'. /api/v1/models/ lists those there are."
    ),
    413: _problem("Content Too Large", "body-too-large", 413, "The body has 9,000,000 bytes; the limit is 8,388,608."),
    415: _problem("Unsupported Media Type", "not-json", 415, "The body's Content-Type is not JSON."),
}
KEYLESS, COMMON, WITH_BODY = map(_documents, (_KEYLESS, _COMMON, _WITH_BODY))
EXAMPLES = [
    OpenApiExample("Texts", {"abstracts": [_TEXT]}, request_only=True),
    OpenApiExample(
        "Papers",
        {
            "abstracts": [{"id": "2606.01234", "title": "Segmenting scans", "abstract": _TEXT}],
            "top_k": 3,
            "explain": True,
        },
        request_only=True,
    ),
    OpenApiExample(
        "Predictions",
        {
            "results": [
                {
                    "abstract_preview": _TEXT,
                    "predictions": [
                        {"label": "cs.CV", "probability": 0.9268},
                        {"label": "eess.IV", "probability": 0.3509},
                    ],
                }
            ],
            "model_version": "20261125T001422Z",
        },
        response_only=True,
        status_codes=["200"],
    ),
]
