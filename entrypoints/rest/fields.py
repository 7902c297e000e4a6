"""Types for the fields of a request. A type reads a value, words its error and describes itself to OpenAPI."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
)
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError, PydanticUseDefault, core_schema

from entrypoints.rest.http.json_body import encodable, kind_of, object_of, shortened, shown, unknown_field
from entrypoints.rest.http.problems import FieldError, invalid

_MOST_UNKNOWN = 10
_MOST_ERRORS = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one request. `latest` (YYYY-MM-DD) is the last day on which a paper can have been filed."""

    abstracts: int
    characters: int
    latest: str


def limits_of(info: ValidationInfo) -> Limits:
    """Returns the limits that a value is read with."""
    limits: Limits = info.context  # type: ignore[assignment]  # Form.read sets them
    return limits


class Form(BaseModel):
    """An object in a request. It has only the declared fields, each of its type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def read(cls, values: Mapping[str, Any], limits: Limits) -> Self:
        """Returns the form of these values. Raises ValidationError with each invalid field."""
        check_names(cls, values)
        return cls.model_validate(values, context=limits)


def check_names(form: type[Form], values: Mapping[str, Any]) -> None:
    """Raises ValidationError for unknown names, ten at most, and for missing ones."""
    known, needed = _names(form)
    if not needed.keys() <= values.keys() <= known:
        unknown = islice((key for key in values if key not in known), _MOST_UNKNOWN)
        errors = {shortened(key): unknown_field(key, known) for key in unknown}
        missing = {name: f"It is missing. Send {wanted}." for name, wanted in needed.items() if name not in values}
        raise refused(errors or missing)


@cache
def _names(form: type[Form]) -> tuple[frozenset[str], Mapping[str, str]]:
    """Returns the names of a form's fields, and the description of each required one."""
    named = {field.alias or name: field for name, field in form.model_fields.items()}
    needed = {name: field.metadata for name, field in named.items() if field.is_required()}
    wanted = {name: [each.wanted for each in needed[name] if isinstance(each, Wanted | ListOf)] for name in needed}
    return frozenset(named), {name: words[0] for name, words in wanted.items()}


F = TypeVar("F", bound=Form)


def read(form: type[F], body: bytes, limits: Limits, *, items: str, example: str | None = None) -> F:
    """Returns the form in a body with a list of `items`. Raises ProblemError with each invalid field."""
    values = object_of(body, items, example)
    try:
        return form.read(values, limits)
    except ValidationError as error:
        raise invalid(field_errors(error)[:_MOST_ERRORS]) from error


def field_errors(error: ValidationError) -> list[FieldError]:
    """Returns the errors with their paths, such as `feedback[3].labels[1]`."""
    return [
        FieldError(_path(line["loc"]), _message(line), _index(line["loc"])) for line in error.errors(include_url=False)
    ]


def _message(line: ErrorDetails) -> str:
    if line["type"] != _WANTED:
        return line["msg"]
    return f"It {_FOUND[line['ctx']['found']](line['input'])}. Send {line['ctx']['wanted']}."


def _path(loc: tuple[int | str, ...]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).removeprefix(".")


def _index(loc: tuple[int | str, ...]) -> int | None:
    return next((part for part in loc if isinstance(part, int)), None)


def refusal(message: str) -> PydanticCustomError:
    """Returns the error of a value, in our own words."""
    return PydanticCustomError("refused", "{message}", {"message": message})


def refused(errors: Mapping[str, str]) -> ValidationError:
    """Returns the error of an object with errors of some fields, by their names."""
    return ValidationError.from_exception_data(
        "Form", [{"type": refusal(message), "loc": (name,), "input": None} for name, message in errors.items()]
    )


def _value(value: Any) -> str:
    return f"is {shown(value)}"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        return f"is {kind_of(value)}"
    return f"has {len(value):,} characters" if encodable(value) == value else "is not valid UTF-8"


def _list(value: Any) -> str:
    if not isinstance(value, list):
        return f"is {kind_of(value)}"
    return f"is a list of {len(value):,}" if value else "is empty"


_WANTED = "wanted"
_FOUND: dict[str, Callable[[Any], str]] = {"value": _value, "text": _text}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A type whose errors show the value, or the length or kind of a `text`, and what to send."""

    wanted: str
    found: Literal["value", "text"] = "value"

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Reads as the annotated type does. The message is made only for an error."""
        context = {"wanted": self.wanted, "found": self.found}
        return core_schema.custom_error_schema(
            handler(source), custom_error_type=_WANTED, custom_error_message=_WANTED, custom_error_context=context
        )


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of 1 to `most` items. With 0, `most` is the server's limit of abstracts, whose name OpenAPI gets."""

    wanted: str
    most: int = 0

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Counts the items first, so that a list that is too long is refused unread."""
        return core_schema.with_info_before_validator_function(self._counted, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Returns the list's schema with its bounds."""
        return {**handler(schema), "minItems": 1, "maxItems": self.most or "abstracts"}

    def _counted(self, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, list) or not value or 0 < self.most < len(value):
            raise refusal(f"It {_list(value)}. Send {self.wanted}.")
        if not self.most and len(value) > (most := limits_of(info).abstracts):
            raise refusal(f"There are {len(value):,}; the limit is {most:,}. Send fewer at once.")
        return value


class NullIsDefault:
    """A type that takes null as the field's default."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Reads null as if the field were absent."""
        return core_schema.no_info_before_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Returns the type's own schema, or null."""
        return {"anyOf": [handler(schema), {"type": "null"}]}

    def _read(self, value: Any) -> Any:
        if value is None:
            raise PydanticUseDefault
        return value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value  # 10.0 is an integer to JSON Schema


Whole = BeforeValidator(_whole)
# `Abstract` measures both and refuses what is blank; "characters" is the name of the server's limit. ECMA's \s, which
# JSON Schema means, lacks some of what Python takes for blank.
_NOT_BLANK: JsonDict = {"minLength": 1, "maxLength": "characters", "pattern": r"[^\s\u001c-\u001f\u0085]"}
AbstractText = Annotated[
    str, Wanted("a text, or leave the field out if it is missing", "text"), Field(json_schema_extra=_NOT_BLANK)
]
_DATE = r"^[0-9]{4}-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?$"
Date = Annotated[str, Field(pattern=_DATE), Wanted("YYYY-MM, YYYY-MM-DD, or null")]
Title = Annotated[str, Wanted("a text, or null", "text"), Field(json_schema_extra={"maxLength": "characters"})]
