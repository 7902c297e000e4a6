"""OpenAPI's schemas of answers and errors, and the extension that reads the declarations of requests and answers."""

from typing import Annotated, Any

from drf_spectacular.contrib.pydantic import PydanticExtension
from drf_spectacular.plumbing import ResolvedComponent
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from pydantic import BaseModel, Field
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from domain.experiment import Experiment
from domain.ports.feedback_store import Kept
from domain.prediction_warning import PredictionWarning
from entrypoints.rest.fields import Limits
from entrypoints.rest.http.problems import CONTENT_TYPE

_TEXT = "We propose a convolutional network for image segmentation of medical scans."


def _optional(description: str | None = None) -> Any:
    """Returns a field that is left out if it has no value."""
    return Field(default=None, description=description)


class FieldError(BaseModel):
    """The error of one field."""

    field: str = Field(description="The field's path, such as abstracts[3].title.")
    message: str = Field(description="What is wrong with it and what to do.")
    index: int = _optional("The item's index in the list, from 0.")


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    type: str = Field(description="A name of the problem for programs.")
    title: str
    status: int
    detail: str = Field(description="What is wrong and what to do.")
    instance: str = _optional("The path of the request.")
    errors: list[FieldError] = _optional()
    request_id: str = _optional()


class Term(BaseModel):
    """A word or pair of words, and what it adds to the logit."""

    term: str
    contribution: float


class Explanation(BaseModel):
    """The words that a probability comes from."""

    method: str = Field(description="integrated_gradients, occlusion, or closed.")
    logit: float | None = Field(description="null for a category closed in the month of the paper (method closed).")
    base: float = _optional("The logit without words, if contributions add up.")
    others: float = _optional("The sum of the terms left out.")
    terms: list[Term]


class Label(BaseModel):
    """A category and its probability."""

    label: str = Field(description="An arXiv category.")
    probability: Annotated[float, Field(ge=0, le=1)]
    explanation: Explanation = _optional("Present if the request asks for it.")


class _Result(BaseModel):
    id: str = _optional("The item's own.")
    abstract_preview: str = Field(description="The beginning of the abstract.")
    error: FieldError = _optional("What is wrong with this item.")


class Warning(BaseModel):
    """A reason why the prediction of an item may mean little."""

    code: PredictionWarning
    message: str = Field(description="What is the matter with the text and what that means or what to do.")


class Prediction(_Result):
    """The categories of one item, or its error."""

    predictions: list[Label] = _optional("The most probable first.")
    warnings: list[Warning] = _optional("Only for a text that the model can hardly read, or without a useful set.")


class _Answer(BaseModel):
    model_version: str = Field(description="The version of the model's bundle.")


class Predictions(_Answer):
    """The categories of each item."""

    results: list[Prediction]


class PredictionLine(Prediction, _Answer):
    """One line of an NDJSON answer. A line with only a `problem` is the last."""

    index: int = Field(description="The item's index in abstracts, from 0.")


class SimilarPaper(BaseModel):
    """A paper of the index."""

    id: str
    title: str
    categories: list[str]
    similarity: float = Field(description="The cosine of the angle between the vectors.")


class SimilarResult(_Result):
    """The papers most like one item, or its error."""

    similar: list[SimilarPaper] = _optional("The most similar first.")


class SimilarPapers(_Answer):
    """The papers most like each item."""

    results: list[SimilarResult]


class Vector(_Result):
    """The vector of one item, or its error."""

    vector: list[float] = _optional("Of length 1.")


class Vectors(_Answer):
    """The vector of each item."""

    results: list[Vector]
    dimensions: int


class OneFeedbackKept(BaseModel):
    """The receipt for the feedback on one prediction."""

    prediction_id: str
    kept: Kept


class FeedbackKept(BaseModel):
    """The receipts for feedback, in order."""

    feedback: list[OneFeedbackKept]


class Health(BaseModel):
    """Whether the default model answers."""

    status: str = Field(description="healthy, or degraded or unhealthy with a reason.")
    model_loaded: bool
    model_type: str
    version: str = Field(description="Of this interface.")
    reason: str = _optional()


class Alive(BaseModel):
    """A state in one word."""

    status: str


class Expectation(BaseModel):
    """The value of a measure on papers that the thresholds did not see, with its 95 % interval."""

    value: float
    low: float
    high: float


class Policy(BaseModel):
    """Named thresholds of a model."""

    name: str
    goal: str = Field(description="What they were tuned for, such as precision>=0.95.")
    threshold: float = Field(description="The common threshold.")
    expected: dict[str, Expectation] = Field(description="By measure, such as micro_precision.")


class Model(BaseModel):
    """A stored model."""

    model: str = Field(description="kind/version")
    shipped_as: str | None = Field(description="The name of a model that comes with the program, such as arxiv.")
    kind: str
    version: str
    created: str
    categories: int
    labels: list[str] = Field(description="The categories that it knows, in the order of its columns.")
    default: bool
    loaded: bool
    threshold: float
    thresholds: dict[str, float] = Field(description="By category, for those with a threshold of their own.")
    policies: list[Policy] = Field(description="What `policy` of a request may name.")
    coverage: bool = Field(description="Whether a request may name a `coverage`.")
    micro_f1: float | None = Field(description="On its test papers.")


class Models(BaseModel):
    """The stored models."""

    models: list[Model]


class Category(BaseModel):
    """A category that the model knows."""

    label: str
    name: str
    group: str
    description: str
    alias: str | None = Field(description="The category that is listed together with it.")
    started: str | None = Field(description="Its first month, such as 2007-01.")
    retired: str | None = Field(description="Its last month; null for one in use.")
    threshold: float


class Categories(_Answer):
    """The categories that the model knows, in the order of its columns."""

    categories: list[Category]


class _Schema(GenerateJsonSchema):
    """JSON schemas without titles of fields, and without null for fields that are left out."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: Any) -> JsonSchemaValue:
        found = super().default_schema(schema)
        return found if found.get("default", 0) is not None else {key: found[key] for key in found.keys() - {"default"}}


class Declared(PydanticExtension):  # type: ignore[no-untyped-call]  # the library has no types
    """An extension that makes a component of a declared request or answer, with the server's limits filled in."""

    priority = 1

    def map_serializer(self, auto_schema: Any, direction: str) -> Any:
        """Returns the schema of the model. The schemas that it refers to become components of their own."""
        from entrypoints.rest.state import (
            state,  # its state has models and stores, which declaring a schema must not load
        )

        found = self.target.model_json_schema(ref_template="#/components/schemas/{model}", schema_generator=_Schema)
        found = _limited(found, state().limits)
        for name, part in found.pop("$defs", {}).items():
            of = {"name": name, "type": ResolvedComponent.SCHEMA, "object": name, "schema": part}
            auto_schema.registry.register_on_missing(ResolvedComponent(**of))  # type: ignore[no-untyped-call]  # likewise
        return found


def _limited(schema: Any, limits: Limits) -> Any:
    """Returns a schema with numbers in the place of names of limits."""
    if isinstance(schema, list):
        return [_limited(part, limits) for part in schema]
    if not isinstance(schema, dict):
        return schema
    bounds = {
        key: getattr(limits, schema[key]) for key in ("maxItems", "maxLength") if isinstance(schema.get(key), str)
    }
    return {key: _limited(part, limits) for key, part in schema.items()} | bounds


def finished(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Returns the document with the security of a server with keys, and the header Retry-After."""
    from entrypoints.rest.state import state

    operations = [operation for path in result["paths"].values() for operation in path.values()]
    for operation in operations:
        operation.pop("security", None)
        for status in _COME_AGAIN & operation["responses"].keys():
            operation["responses"][status].setdefault("headers", {})["Retry-After"] = _RETRY_AFTER
    if state().options.keys or state().options.keys_file:
        result["components"]["securitySchemes"] = _KEYS
        for operation in operations:
            if "401" in operation["responses"]:
                operation["security"] = [{name: []} for name in _KEYS]
    return result


_COME_AGAIN = {"429", "503"}
_RETRY_AFTER = {
    "description": "Seconds after which to ask again.",
    "required": True,
    "schema": {"type": "integer", "minimum": 1},
}
_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key."},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}


def variant_headers(plan: Experiment | None) -> list[OpenApiParameter]:
    """Returns the headers that choose a variant, if there are variants."""
    if plan is None:
        return []
    names = [variant.name for variant in plan.open]
    force = f"The variant that is to answer: {', '.join(names)}. Not together with `model`."
    stick = "Requests of the same key are answered by the same variant; without it, those of an API key or an address."
    return [
        OpenApiParameter("X-Model-Variant", str, "header", description=force, enum=names),
        OpenApiParameter("X-Request-Key", str, "header", description=stick),
    ]


def _problem(description: str, kind: str, status: int, detail: str) -> OpenApiResponse:
    example = {"type": f"urn:arxiv-classifier:problem:{kind}", "title": description, "status": status, "detail": detail}
    return OpenApiResponse(Problem, description, [OpenApiExample(description, example)])


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
_PAPER = {"id": "2606.01234", "title": "Segmenting scans", "abstract": _TEXT}
_FOUND = [{"label": "cs.CV", "probability": 0.9268}, {"label": "eess.IV", "probability": 0.3509}]
_RESULT = {"abstract_preview": _TEXT, "predictions": _FOUND}
_GIVEN = {"prediction_id": "b0b3c5d2:0", "labels": ["cs.CV", "eess.IV"], "source": "moderator"}
_WORDS = {"title": "On branes", "abstract": "We study the duality of branes."}
_KEPT = {"prediction_id": "b0b3c5d2:0", "kept": "created"}


def _sent(name: str, body: dict[str, object]) -> OpenApiExample:
    return OpenApiExample(name, body, request_only=True)


def _answered(name: str, body: dict[str, object]) -> OpenApiExample:
    return OpenApiExample(name, body, response_only=True, status_codes=["200"])


EXAMPLES = [
    _sent("Texts", {"abstracts": [_TEXT]}),
    _sent("Papers", {"abstracts": [_PAPER], "top_k": 3, "explain": True}),
    _answered("Predictions", {"results": [_RESULT], "model_version": "20261125T001422Z"}),
]
FEEDBACK_EXAMPLES = [
    _sent("By prediction", {"feedback": [_GIVEN]}),
    _sent(
        "By request, with the paper's words",
        {"feedback": [{"request_id": "b0b3c5d2", "index": 1, "labels": ["hep-th"], **_WORDS}]},
    ),
    _answered("Kept", {"feedback": [_KEPT]}),
]
