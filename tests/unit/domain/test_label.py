"""Labels of any label set."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.category import Category
from domain.errors import InvalidInputError
from domain.label import Label, LabelSet, in_one_cell
from domain.taxonomy import CategoryInfo, Taxonomy


@pytest.mark.parametrize("text", ["physics-dept", "Q1: soil", "Böden, nass", "a;b", "630", "x" * 200])
def test_any_line_of_text_is_a_label(text: str) -> None:
    """A label is printed as it was given, and equal texts give one object."""
    assert str(Label(text)) == text
    assert Label.parse(text) is Label.parse(text)


@pytest.mark.parametrize("text", ["", " ", " soil", "soil\n", "a\tb", "a\x1fb", "half \ud835", "x" * 201, None, 7])
def test_what_is_no_line_of_text_is_refused(text: object) -> None:
    """Blank, over-long and unprintable texts, and what is no text, are invalid input."""
    with pytest.raises(InvalidInputError, match="label"):
        Label(text)  # type: ignore[arg-type]  # what an untyped caller may send


def test_a_category_is_the_label_of_its_text() -> None:
    """Labels of one text are equal and found by one another, whatever set they are of. Others are not."""
    known: dict[Label, int] = {Category("cs.LG"): 1}
    assert Category("cs.LG") == Label("cs.LG")
    assert known[Label("cs.LG")] == 1
    assert Label("cs.LG") != Label("cs.CV") and Label("cs.LG") != "cs.LG"
    assert sorted([Label("b"), Category("a")]) == [Label("a"), Label("b")]


def test_a_taxonomy_knows_its_label_set() -> None:
    """A taxonomy of arXiv categories alone is arXiv's label set. One other label makes it a label set of its own."""
    arxiv = CategoryInfo(Category("cs.LG"), "", "")
    assert Taxonomy((arxiv,)).label_set == LabelSet.ARXIV
    assert Taxonomy((arxiv, CategoryInfo(Label("Q1: soil"), "", ""))).label_set == LabelSet.OWN


@given(st.lists(st.text(max_size=8)))
def test_labels_of_ones_own_are_a_list_in_a_cell(labels: list[str]) -> None:
    """Whatever labels hold, they can be taken out of a cell again."""
    assert json.loads(in_one_cell(labels, LabelSet.OWN)) == labels
    assert in_one_cell(["cs.LG", "cs.CV"], LabelSet.ARXIV) == "cs.LG cs.CV"
