"""Labels that break arXiv's rules are found."""

import pytest

from application.audit.label_problems import Problem, label_problems
from domain.abstract import Abstract
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from entrypoints.taxonomies import all_categories

EVERY = all_categories()


def problems(*names: str, month: str | None = None) -> list[tuple[Problem, str, str, str]]:
    """The problems of one paper: kind, category, suggestion and reason."""
    paper = LabelledAbstract(Abstract("We study a problem.", month=month), tuple(map(Category.parse, names)))
    found = label_problems([paper], EVERY)
    return [(each.kind, str(each.category), " ".join(map(str, each.suggested)), each.reason) for each in found]


@pytest.mark.parametrize("names", [("cs.LG",), ("math-ph", "math.MP"), ("math.NA", "cs.NA", "math.AP")])
def test_whole_label_sets_have_no_problem(names: tuple[str, ...]) -> None:
    """Categories in use, with their twins, have no problem."""
    assert problems(*names) == []


def test_a_missing_twin_is_added() -> None:
    """The twin that arXiv lists by itself follows its category."""
    reason = "arXiv lists math.MP with every paper of math-ph."
    assert problems("math-ph", "hep-th") == [(Problem.MISSING_TWIN, "math.MP", "math-ph math.MP hep-th", reason)]


def test_a_retired_category_is_followed_by_its_successor() -> None:
    """The successor takes the place of a retired category, once, and the reason says since when."""
    ((kind, _, suggested, reason),) = problems("cmp-lg", "cs.CL", month="2001-03")
    assert (kind, suggested) == (Problem.RETIRED, "cs.CL")
    assert reason == "cmp-lg was retired in 1998-09. The paper is of 2001-03. Continued as cs.CL."


def test_a_retired_category_without_successor_is_left_out() -> None:
    """arXiv named no successor of astro-ph as a whole. A paper of its time is not called late."""
    ((kind, _, suggested, reason),) = problems("astro-ph", "gr-qc", month="2001-03")
    assert (kind, suggested) == (Problem.RETIRED, "gr-qc")
    assert reason.startswith("astro-ph was retired in 2008-12. All of astrophysics")


def test_an_unknown_category_is_named() -> None:
    """A category that arXiv never had is reported."""
    assert problems("cs.QQ", "cs.LG") == [(Problem.UNKNOWN, "cs.QQ", "cs.LG", "arXiv has no category cs.QQ.")]
