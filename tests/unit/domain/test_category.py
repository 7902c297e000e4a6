"""Category."""

import pytest
from hypothesis import given

from domain.category import Category
from domain.errors import InvalidInputError
from tests.strategies import categories

REAL = ["cs.LG", "hep-th", "cond-mat.mtrl-sci", "astro-ph", "astro-ph.CO", "math-ph", "q-bio.QM", "physics.flu-dyn"]


@pytest.mark.parametrize("identifier", REAL)
def test_real_categories_are_valid(identifier: str) -> None:
    """Every form arXiv uses is accepted and printed unchanged."""
    assert str(Category(identifier)) == identifier


@pytest.mark.parametrize(
    "identifier", ["", "cs.", ".LG", "CS.LG", "cs LG", " cs.LG", "cs.LG\n", "cs.LG.AI", "cs_LG", "cs.L1", "-ph", "hep-"]
)
def test_malformed_identifiers_are_refused(identifier: str) -> None:
    """An identifier of another form is invalid input that quotes it."""
    with pytest.raises(InvalidInputError) as caught:
        Category(identifier)
    assert repr(identifier) in str(caught.value)


@pytest.mark.parametrize("identifier", [None, 7, b"cs.LG"])
def test_identifier_must_be_text(identifier: object) -> None:
    """An identifier that is no string is invalid input, not a TypeError."""
    with pytest.raises(InvalidInputError):
        Category(identifier)  # type: ignore[arg-type]  # what an untyped caller may send


@given(categories())
def test_parsing_a_printed_category_gives_it_back(category: Category) -> None:
    """Printing and parsing are inverse, and equal identifiers give one object."""
    assert Category.parse(str(category)) == category
    assert Category.parse(str(category)) is Category.parse(str(category))


@pytest.mark.parametrize(
    ("identifier", "archive"), [("cs.LG", "cs"), ("cond-mat.soft", "cond-mat"), ("gr-qc", "gr-qc")]
)
def test_archive_is_what_stands_before_the_dot(identifier: str, archive: str) -> None:
    """A category without subject is its own archive."""
    assert Category(identifier).archive == archive
