"""POST /api/v1/advise/: a paper's primary category, its cross-lists, and verdicts on the chosen categories."""

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, extend_schema
from pydantic import AfterValidator, BaseModel, Field
from rest_framework.views import APIView

from domain import advice as domain
from domain.errors import InvalidFieldError, InvalidInputError
from entrypoints.advice import MOST_CHOSEN, advice_json, chosen_categories
from entrypoints.rest import metrics, schema
from entrypoints.rest.fields import ListOf, NullIsDefault, Wanted, read, refusal
from entrypoints.rest.http.gil_turns import turn_given_up
from entrypoints.rest.http.problems import FieldError, invalid
from entrypoints.rest.http.request_work import Work, work_of
from entrypoints.rest.models.reloading_model import ServedModel
from entrypoints.rest.requests import MODEL_NAME, Paper
from entrypoints.rest.state import state
from entrypoints.rest.views import body_of, json_answer, model_named


def _known(name: str) -> str:
    try:
        if len(chosen_categories([name])) != 1:
            raise refusal("It is no category. Send one, as cs.LG.")
    except InvalidInputError as error:
        raise refusal(str(error)) from error
    return name


class AdviceRequest(Paper):
    """A paper to advise on, with the categories that were chosen for it."""

    chosen: Annotated[
        list[Annotated[str, Wanted("a category, as cs.LG"), AfterValidator(_known)]],
        ListOf(f"a list of one to {MOST_CHOSEN} categories, or leave the field out", most=MOST_CHOSEN),
        NullIsDefault(),
    ] = Field([], description="Categories chosen so far, primary first; each gets an opinion.")
    model: Annotated[str, Field(pattern=f"^{MODEL_NAME}$"), Wanted("a kind of model, or kind/version")] | None = Field(
        None, description="A kind of model, or kind/version; null for the default."
    )


class AdvisedPaper(BaseModel):
    """A paper of the index that has the category."""

    id: str
    title: str
    categories: list[str]


class AdvisedCategory(BaseModel):
    """A category that is advised."""

    category: str
    name: str
    probability: Annotated[float, Field(ge=0, le=1)]
    reasons: list[str] = Field(description="The words that speak most for it.")
    papers: list[AdvisedPaper] = Field(description="The nearest papers of the server's index that have it.")


class Opinion(BaseModel):
    """The verdict on one category."""

    category: str
    verdict: Literal["keep", "add", "drop", "swap", "no opinion"] = Field(
        description="swap: it should be the primary category."
    )
    probability: float | None = Field(description="null for a category that the model lacks.")
    reason: str


class Advice(BaseModel):
    """Advice on a paper's categories."""

    primary: AdvisedCategory | None = Field(description="null for a paper that is outside.")
    cross_lists: list[AdvisedCategory] = Field(description="At most four, the most probable first.")
    outside: bool = Field(description="Whether the paper probably has none of the model's categories.")
    outside_probability: float
    opinion: list[Opinion] = Field(description="Where `chosen` was sent.")
    warnings: list[str] = Field(description="What is not known, one sentence each.")
    answer: str = Field(description="The advice in a sentence.")
    model_version: str


_TEXT = "We prove regularity of weak solutions of elliptic equations."
_WORDS = ["regularity", "weak solutions", "elliptic equations", "elliptic", "solutions"]
_AP = {"category": "math.AP", "name": "Analysis of PDEs", "probability": 0.9932, "reasons": _WORDS, "papers": []}
_DROPPED = "Hardly any paper with such a text has it."
_SWAPPED = "As the primary category it is over 1,000 times as probable as math.FA."
_ANSWER = {
    "primary": _AP,
    "cross_lists": [],
    "outside": False,
    "outside_probability": 0.0021,
    "opinion": [
        {"category": "math.AP", "verdict": "swap", "probability": 0.9932, "reason": _SWAPPED},
        {"category": "math.FA", "verdict": "drop", "probability": 0.0069, "reason": _DROPPED},
    ],
    "warnings": [],
    "answer": "Primary: math.AP. No cross-list.",
    "model_version": "20261129T141421Z",
}
_EXAMPLES = [
    OpenApiExample("A paper", {"title": "Regularity", "abstract": _TEXT, "chosen": ["math.FA"]}, request_only=True),
    OpenApiExample("Advice", _ANSWER, response_only=True, status_codes=["200"]),
]


class AdviseView(APIView):  # type: ignore[misc]  # the library has no types
    """Advice on categories."""

    @extend_schema(
        operation_id="advise",
        request=AdviceRequest,
        responses={200: Advice, **schema.WITH_BODY},
        examples=_EXAMPLES,
    )
    def post(self, request: Any) -> HttpResponse:
        """Advises on a paper's primary category and on at most four cross-lists that arXiv takes beside it.

        Each of the `chosen` categories gets a verdict. A paper that probably has none of the model's categories gets no
        category, and `outside` is true.
        """
        asked = read(AdviceRequest, body_of(request), state().limits, items="abstract", example=_SENT)
        question = _question(asked)
        served = model_named(asked.model)
        work = work_of(request._request, state().options.time_limit)
        _note(request, served)
        found = advice_json(_advice(question, served, work))
        version = served.model.stored
        return json_answer({**found, "model_version": version.version}, headers={"X-Model-Version": version.name})


_SENT = '{"title": "...", "abstract": "..."}'


def _question(asked: AdviceRequest) -> domain.Question:
    try:
        return domain.Question(asked.read_by(state().limits), chosen_categories(asked.chosen))
    except InvalidFieldError as error:
        raise invalid([FieldError(error.field, error.message)]) from error


def _advice(question: domain.Question, served: ServedModel, work: Work) -> domain.Advice:
    with turn_given_up():  # the index is opened when first asked for
        find = state().similar
    with work.explaining(), turn_given_up():
        advise = state().container.advise(served.model, served.explainer, find)
        return advise(question, checkpoint=work.check)


def _note(request: Any, served: ServedModel) -> None:
    stored = served.model.stored
    metrics.labelled(metrics.BATCHES, "advise").observe(1)
    metrics.labelled(metrics.MODELS, stored.card.kind, stored.version).inc()
    request._request.log_fields = {"abstracts": 1, "refused": 0, "model": stored.name}
