"""Abstract."""

import pickle
from typing import Any

import pytest
from hypothesis import given

from domain.abstract import MAX_CHARACTERS, Abstract
from domain.errors import InvalidFieldError, InvalidInputError
from tests.strategies import abstracts


@pytest.mark.parametrize("text", ["", " ", "\n\t \u00a0", "\u2003"])
def test_blank_text_is_refused(text: str) -> None:
    """Text without a visible character is invalid input."""
    with pytest.raises(InvalidInputError, match="blank"):
        Abstract(text)


def test_length_is_limited_inclusively() -> None:
    """The longest text allowed has exactly as many characters as the limit."""
    assert len(Abstract("x" * MAX_CHARACTERS).text) == MAX_CHARACTERS
    with pytest.raises(InvalidInputError, match=r"20,001 characters; the limit is 20,000.*max_characters"):
        Abstract("x" * (MAX_CHARACTERS + 1))


def test_limit_can_be_set() -> None:
    """Another limit takes the default's place, for the title too."""
    assert Abstract("x" * 30_000, max_characters=30_000).text
    with pytest.raises(InvalidInputError, match="The title has 6 characters; the limit is 5"):
        Abstract("x", "t" * 6, max_characters=5)


@pytest.mark.parametrize(
    ("value", "seen"), [(None, "missing"), (3, "of type int"), (b"x", "of type bytes"), (["x"], "of type list")]
)
def test_text_that_is_no_string_is_named(value: object, seen: str) -> None:
    """The error says what came in place of text."""
    with pytest.raises(InvalidInputError, match=f"The abstract is {seen}, not text"):
        Abstract(value)  # type: ignore[arg-type]  # what an untyped caller may send


def test_title_that_is_no_string_is_named() -> None:
    """A title must be text as well."""
    with pytest.raises(InvalidInputError, match="The title is of type float"):
        Abstract("text", 1.5)  # type: ignore[arg-type]  # what an untyped caller may send


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": " "}, "abstract"),
        ({"text": "\ud800"}, "abstract"),
        ({"text": "a", "title": "x" * 20_001}, "title"),
        ({"text": "a", "title": "\udc00"}, "title"),
        ({"text": "a", "id": "p\ud800"}, "id"),
        ({"text": "a", "month": "2025"}, "date"),
    ],
)
def test_an_error_names_its_field(given: dict[str, Any], field: str) -> None:
    """An error carries the field at fault, also into another process."""
    with pytest.raises(InvalidFieldError) as caught:
        Abstract(**given)
    assert caught.value.field == field
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (copy.field, str(copy)) == (field, str(caught.value))


def test_characters_are_of_title_and_text() -> None:
    """Title and text are counted together."""
    assert (Abstract("four", "six is").characters, Abstract("four").characters) == (10, 4)


@given(abstracts())
def test_without_title_keeps_the_rest(abstract: Abstract) -> None:
    """Leaving the title out changes neither text nor identifier nor month."""
    bare = abstract.without_title()
    assert (bare.text, bare.title, bare.id, bare.month) == (abstract.text, None, abstract.id, abstract.month)


def test_month_is_one_that_arxiv_has_had() -> None:
    """A month is YYYY-MM, from the first of arXiv's on."""
    assert Abstract("text", month="1991-07").month == "1991-07"
    with pytest.raises(InvalidFieldError, match="The date 1991-06 is before arXiv began"):
        Abstract("text", month="1991-06")


def test_filed_keeps_the_month_there_is() -> None:
    """An abstract without a month gets the one given, however long it is. One that has a month keeps it."""
    long = Abstract("x" * 30_000, "title", "p1", max_characters=30_000)
    assert long.filed("2015-03") == Abstract("x" * 30_000, "title", "p1", max_characters=30_000, month="2015-03")
    assert long.filed("2015-03").filed("2016-01").month == "2015-03"
    assert long.filed(None) == long


def test_without_title_accepts_text_over_the_default_limit() -> None:
    """A text that was let in by a raised limit is not measured again."""
    long = Abstract("x" * 30_000, "title", max_characters=30_000)
    assert long.without_title().text == long.text
