"""Declarations of requests with abstracts, which read them and from which OpenAPI is made."""

from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, ValidationError, ValidationInfo, model_validator
from pydantic import ValidatorFunctionWrapHandler as Handler
from pydantic_core import CoreSchema, core_schema
from typing_extensions import TypeAliasType

from domain.abstract import Abstract
from domain.errors import InvalidFieldError
from domain.month import day_of, month_filed
from entrypoints.rest.fields import (
    AbstractText,
    Date,
    Form,
    Limits,
    ListOf,
    NullIsDefault,
    Title,
    Wanted,
    Whole,
    check_names,
    field_errors,
    limits_of,
    read,
)
from entrypoints.rest.http.json_body import encodable
from entrypoints.rest.http.problems import FieldError, invalid

PREVIEW = 100
LONGEST_ID = 1000
MODEL_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,63})?"
_MOST_SIMILAR = 10_000
OnError = TypeAliasType("OnError", Literal["report", "fail"])


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of `abstracts`: an abstract or its error."""

    preview: str
    id: str | None
    abstract: Abstract | None
    error: FieldError | None = None


class Paper(Form):
    """A paper's abstract, with its title, its identifier and its date, if they are known."""

    abstract: AbstractText
    title: Title | None = None
    id: (
        Annotated[
            str,
            Field(max_length=LONGEST_ID),
            Wanted(f"a text of at most {LONGEST_ID:,} characters", "text"),
        ]
        | None
    ) = Field(None, description="The result repeats it.")
    date: Date | None = Field(
        None,
        description="The month or day it was filed, from 1991-07 to today; without it, an arXiv identifier says it.",
    )

    def read_by(self, limits: Limits) -> Abstract:
        """Returns the abstract, or raises InvalidFieldError."""
        month = month_filed(day_of(self.date) if self.date else None, self.id, limits.latest)
        return Abstract(self.abstract, self.title, self.id, max_characters=limits.characters, month=month)


class _TextOrPaper:
    """Reads a text or a Paper as an Item, which may have an error."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Describes what a client may send."""
        sent = handler.generate_schema(AbstractText | Paper)
        paper = handler.generate_schema(Paper)
        return core_schema.with_info_wrap_validator_function(_item, paper, json_schema_input_schema=sent)


def _item(value: Any, handler: Handler, info: ValidationInfo) -> Item:
    fields = value if isinstance(value, dict) else {"abstract": value}
    preview = _preview(fields.get("abstract"))
    limits = limits_of(info)
    try:
        if isinstance(value, str):  # the checks of a Paper, which make reading 128 texts twice as fast
            return Item(preview, None, Abstract(value, max_characters=limits.characters))
        check_names(Paper, fields)
        paper: Paper = handler(fields)
        return Item(preview, paper.id, paper.read_by(limits))
    except ValidationError as error:
        refused = field_errors(error)[0]
    except InvalidFieldError as error:
        refused = FieldError(error.field, error.message)
    return Item(preview, _own_id(fields.get("id")), None, refused)


def _preview(text: Any) -> str:
    if not isinstance(text, str):
        return ""
    return encodable(text if len(text) <= PREVIEW else f"{text[:PREVIEW]}...")


def _own_id(value: Any) -> str | None:
    """Returns the id of a refused item, if the result can repeat it."""
    fits = isinstance(value, str) and len(value) <= LONGEST_ID and encodable(value) == value
    return value if fits else None


def _numbered(items: list[Item]) -> list[Item]:
    """Returns the items, with their positions in the errors' paths."""
    return [item if item.error is None else _placed(item, item.error, index) for index, item in enumerate(items)]


def _placed(item: Item, error: FieldError, index: int) -> Item:
    return replace(item, error=FieldError(f"abstracts[{index}].{error.field}", error.message, index))


class _Abstracts(Form):
    items: Annotated[
        list[Annotated[Item, _TextOrPaper()]],
        ListOf("a list of texts or objects"),
        AfterValidator(_numbered),
    ] = Field(alias="abstracts", description="Texts, or papers with title and identifier.")
    on_error: Annotated[OnError, Wanted('"report" or "fail"'), NullIsDefault()] = Field(
        "report",
        description="Whether an invalid item gets an error in its place, or fails the request.",
    )

    @model_validator(mode="after")
    def _some_can_be_read(self) -> Self:
        errors = [item.error for item in self.items if item.error is not None]
        if errors and (self.on_error == "fail" or len(errors) == len(self.items)):
            raise invalid(errors)
        return self

    @property
    def abstracts(self) -> list[Abstract]:
        """Returns the valid abstracts, in order."""
        return [item.abstract for item in self.items if item.abstract is not None]


class PredictRequest(_Abstracts):
    """A request for predictions."""

    threshold: Annotated[float, Field(ge=0, le=1), Wanted("a number from 0 to 1")] | None = Field(
        None, description="The least probability of a category that is given; null for the model's own thresholds."
    )
    top_k: Annotated[
        int, Field(ge=0, lt=1 << 31), Whole, Wanted("a whole number from 0; 0 is no limit"), NullIsDefault()
    ] = Field(
        0,
        description="Without a threshold, the k most probable categories; with one, at most k of those above it. "
        "0 is no limit.",
    )
    explain: Annotated[bool, Wanted("true or false"), NullIsDefault()] = Field(
        False, description="Whether each probability comes with the words that speak for and against it."
    )
    policy: (
        Annotated[str, Field(min_length=1, max_length=64), Wanted("the name of a policy, or null", "text")] | None
    ) = Field(None, description="A policy of the model, whose thresholds then hold; /api/v1/models/ lists them.")
    coverage: Annotated[float, Field(gt=0, lt=1), Wanted("a number between 0 and 1, such as 0.95")] | None = Field(
        None,
        description="The share of papers whose set of categories holds all of theirs. An item whose set would be too "
        "large gets none, and the warning no_useful_set.",
    )
    model: Annotated[str, Field(pattern=f"^{MODEL_NAME}$"), Wanted("a kind of model, or kind/version")] | None = Field(
        None, description="A kind of model, or kind/version; null for the default."
    )

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        sent = {"threshold": self.threshold, "policy": self.policy, "coverage": self.coverage}
        named = [name for name, value in sent.items() if value is not None]
        named += ["top_k"] if self.coverage is not None and self.top_k else []
        if len(named) > 1:
            raise invalid([FieldError(named[-1], f"Send one of {' and '.join(named)}.")])
        return self


class SimilarRequest(_Abstracts):
    """A request for similar papers."""

    top_k: Annotated[int, Field(ge=1, le=1000), Whole, Wanted("a whole number from 1 to 1,000"), NullIsDefault()] = (
        Field(
            10,
            description=f"The number of papers for each abstract. An answer has {_MOST_SIMILAR:,} papers at most, "
            "or one for each abstract.",
        )
    )

    @model_validator(mode="after")
    def _few_in_all(self) -> Self:
        most = max(_MOST_SIMILAR // len(self.items), 1)
        if self.top_k > most:
            raise invalid(
                [
                    FieldError(
                        "top_k",
                        f"It is {self.top_k:,}. With {len(self.items):,} abstracts, send {most:,} at most, because an "
                        f"answer has {_MOST_SIMILAR:,} papers at most.",
                    )
                ]
            )
        return self


class EmbedRequest(_Abstracts):
    """A request for vectors."""


Request = PredictRequest


def read_predict(body: bytes, limits: Limits) -> PredictRequest:
    """Returns the request for predictions in a body. Raises ProblemError if it is invalid."""
    return read(PredictRequest, body, limits, items="abstracts")


def read_similar(body: bytes, limits: Limits) -> SimilarRequest:
    """Returns the request for similar papers in a body. Raises ProblemError if it is invalid."""
    return read(SimilarRequest, body, limits, items="abstracts")


def read_embed(body: bytes, limits: Limits) -> EmbedRequest:
    """Returns the request for vectors in a body. Raises ProblemError if it is invalid."""
    return read(EmbedRequest, body, limits, items="abstracts")
