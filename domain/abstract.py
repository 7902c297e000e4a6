"""A paper's words: what every classifier reads."""

from dataclasses import InitVar, dataclass, field

from domain.errors import InvalidFieldError
from domain.month import check_month

MAX_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Abstract:
    """An abstract with its optional title, identifier and month.

    The text is not blank, and all fields are valid UTF-8.
    `month` (YYYY-MM, 1991-07 or later) is when the paper was filed. A month in the future is accepted, because this
    class has no clock.
    `max_characters` bounds the abstract and the title alike. Configuration may change the default.
    """

    text: str
    title: str | None = None
    id: str | None = None
    max_characters: InitVar[int] = MAX_CHARACTERS
    month: str | None = field(default=None, kw_only=True)

    def __post_init__(self, max_characters: int) -> None:
        _check("abstract", self.text, max_characters)
        if not self.text or self.text.isspace():
            raise InvalidFieldError("abstract", "The abstract is blank. Send its text.")
        if self.title is not None:
            _check("title", self.title, max_characters)
        if self.id is not None and not self.id.isascii():
            _check_encodable("id", self.id)
        if self.month is not None:
            check_month(self.month)

    @property
    def characters(self) -> int:
        """The number of characters in title and abstract together."""
        return len(self.text) + len(self.title or "")

    def without_title(self) -> "Abstract":
        """Returns the same abstract without its title."""
        if self.title is None:
            return self
        return Abstract(self.text, None, self.id, max_characters=len(self.text), month=self.month)

    def filed(self, month: str | None) -> "Abstract":
        """Returns the same abstract with `month` (YYYY-MM) set, unless it already has a month."""
        if self.month is not None or month is None:
            return self
        longest = max(len(self.text), len(self.title or ""))
        return Abstract(self.text, self.title, self.id, max_characters=longest, month=month)


def _check(field: str, value: object, max_characters: int) -> None:
    if not isinstance(value, str):
        raise InvalidFieldError(field, f"The {field} is {_kind(value)}, not text. Send a string.")
    if not value.isascii():
        _check_encodable(field, value)
    if len(value) > max_characters:
        message = f"The {field} has {len(value):,} characters; the limit is {max_characters:,}. Send a shorter one."
        raise InvalidFieldError(field, message, "max_characters")


def _check_encodable(field: str, value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidFieldError(
            field, f"The {field} is not valid UTF-8 at character {error.start + 1}. Send it as UTF-8."
        ) from error


def _kind(value: object) -> str:
    return "missing" if value is None else f"of type {type(value).__name__}"
