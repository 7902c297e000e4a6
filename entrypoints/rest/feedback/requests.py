"""Declarations of feedback, which read requests and from which OpenAPI is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic import ValidatorFunctionWrapHandler as Handler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeAliasType

from domain.abstract import Abstract
from domain.errors import InvalidFieldError, InvalidInputError
from domain.feedback import Feedback
from domain.label import MAX_CHARACTERS, Label
from domain.logged_prediction import prediction_id
from entrypoints.rest.feedback_labels import KnownLabels, arxiv_categories
from entrypoints.rest.fields import (
    AbstractText,
    Form,
    Limits,
    ListOf,
    Title,
    Wanted,
    Whole,
    limits_of,
    read,
    refusal,
    refused,
)
from entrypoints.rest.http.json_body import encodable, kind_of

_REQUEST_ID = r"[A-Za-z0-9._-]{1,64}"
_LAST_INDEX = 999_999
_MOST_LABELS = 50
_LONGEST_SOURCE = 100


@dataclass(frozen=True, slots=True)
class FeedbackLimits(Limits):
    """The limits of one request, and the labels that it may name."""

    labels: KnownLabels


def _known(info: ValidationInfo) -> KnownLabels:
    limits = limits_of(info)
    assert isinstance(limits, FeedbackLimits)  # `read_feedback` passes these only
    return limits.labels


def _label(label: Any, info: ValidationInfo) -> Label:
    if not isinstance(label, str):
        raise refusal(f"It is {kind_of(label)}. Send a category, as cs.LG.")
    try:
        return _known(info).find(label)
    except InvalidInputError as error:
        raise refusal(str(error)) from error


class _OfModels:
    """A category of arXiv, current or retired, or a label of a model."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Reads its text."""
        return core_schema.with_info_plain_validator_function(_label)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Lists arXiv's identifiers if no model has other labels."""
        from entrypoints.rest.state import state  # its state has models, which a declaration must not load

        if state().feedback_labels(load=False).arxiv_alone:
            return {"type": "string", "enum": [str(category) for category in arxiv_categories()]}
        return {"type": "string", "minLength": 1, "maxLength": MAX_CHARACTERS}


def _of_one_set(labels: list[Label], info: ValidationInfo) -> list[Label]:
    if len(set(labels)) != len(labels):
        raise refusal("It names a category twice. Send each once.")
    try:
        return list(_known(info).of_one_set(labels))
    except InvalidInputError as error:
        raise refusal(str(error)) from error


def _unicode(text: str) -> str:
    if encodable(text) != text:
        raise ValueError
    return text


PaperLabel = TypeAliasType("PaperLabel", Annotated[Label, _OfModels()])


class _Labelled(Form):
    model_config = ConfigDict(json_schema_extra={"dependentRequired": {"title": ["abstract"]}})

    labels: Annotated[
        list[PaperLabel],
        ListOf(f"a list of 1 to {_MOST_LABELS} categories, the primary first", _MOST_LABELS),
        AfterValidator(_of_one_set),
    ] = Field(
        description="The paper's true categories or labels, the primary first.", json_schema_extra={"uniqueItems": True}
    )
    abstract: AbstractText = Field(
        default_factory=str, description="The paper's abstract, if the feedback is to be stored with its text."
    )
    title: Title | None = Field(None, description="The paper's title, beside its abstract.")
    source: Annotated[
        str,
        Field(max_length=_LONGEST_SOURCE),
        AfterValidator(_unicode),
        Wanted(f"a text of at most {_LONGEST_SOURCE} characters"),
    ] = Field("", description="The source of the feedback.")

    def feedback(self, prediction: str, limits: Limits) -> Feedback:
        """Returns the feedback on a prediction, or raises ValidationError for an invalid text of the paper."""
        return Feedback(prediction, tuple(self.labels), self._words(limits), self.source)

    def _words(self, limits: Limits) -> Abstract | None:
        if "abstract" not in self.model_fields_set:
            if "title" in self.model_fields_set:
                raise refused({"title": "It comes without its abstract. Send both, or neither."})
            return None
        try:
            return Abstract(self.abstract, self.title, max_characters=limits.characters)
        except InvalidFieldError as error:
            raise refused({error.field: error.message}) from error


class FeedbackByPrediction(_Labelled):
    """Feedback on a prediction that is named by its id."""

    prediction_id: Annotated[
        str,
        Field(pattern=f"^{_REQUEST_ID}:(0|[1-9][0-9]{{0,5}})$"),
        Wanted("the request's X-Request-ID, a colon, an index"),
    ] = Field(description="The X-Request-ID of the answer, a colon, and the position of the abstract, from 0.")


class FeedbackByRequest(_Labelled):
    """Feedback on a prediction that is named by its request and its position in the request."""

    request_id: Annotated[str, Field(pattern=f"^{_REQUEST_ID}$"), Wanted("the answer's X-Request-ID")] = Field(
        description="The X-Request-ID of the answer."
    )
    index: Annotated[
        int, Field(ge=0, le=_LAST_INDEX), Whole, Wanted("the position among the request's abstracts, from 0")
    ] = Field(0, description="The position of the abstract, from 0.")


class _ByEither:
    """Reads feedback that names its prediction in either way."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Describes what a client may send."""
        sent = handler.generate_schema(FeedbackByPrediction | FeedbackByRequest)
        return core_schema.with_info_wrap_validator_function(_feedback, sent)


def _feedback(value: Any, _: Handler, info: ValidationInfo) -> Feedback:
    if not isinstance(value, dict):
        raise refusal(f"It is {kind_of(value)}. Send an object.")
    if "prediction_id" in value and ("request_id" in value or "index" in value):
        raise refused({"prediction_id": "It says what request_id and index say. Send one or the other."})
    if "prediction_id" not in value and "request_id" not in value:
        raise refused({"prediction_id": "It is missing. Send it, or request_id and index."})
    limits = limits_of(info)
    if "prediction_id" in value:
        whole = FeedbackByPrediction.read(value, limits)
        return whole.feedback(whole.prediction_id, limits)
    parts = FeedbackByRequest.read(value, limits)
    return parts.feedback(prediction_id(parts.request_id, parts.index), limits)


class FeedbackRequest(Form):
    """A request with feedback."""

    feedback: Annotated[list[Annotated[Feedback, _ByEither()]], ListOf("a list")] = Field(
        description="The true categories of papers that were predicted."
    )


def read_feedback(body: bytes, limits: FeedbackLimits) -> Sequence[Feedback]:
    """Returns the feedback of a body. Raises ProblemError with all mistakes if any item is invalid."""
    return read(FeedbackRequest, body, limits, items="feedback").feedback


def as_answer(given: Sequence[Feedback], kept: Sequence[Any]) -> dict[str, object]:
    """Returns the answer: how each item was stored, in order."""
    rows = zip(given, kept, strict=True)
    return {"feedback": [{"prediction_id": each.prediction_id, "kept": str(found)} for each, found in rows]}
