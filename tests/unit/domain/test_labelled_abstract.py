"""LabelledAbstract."""

import pytest

from domain.abstract import Abstract
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract


def test_primary_is_the_first_category() -> None:
    """The category listed first is the primary one."""
    paper = LabelledAbstract(Abstract("text"), (Category("hep-th"), Category("cs.LG")))
    assert paper.primary == Category("hep-th")


def test_paper_without_category_is_refused() -> None:
    """A paper without a category is invalid input."""
    with pytest.raises(InvalidInputError, match="at least one category"):
        LabelledAbstract(Abstract("text"), ())
