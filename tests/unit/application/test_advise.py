"""Advice on a paper's categories, from a classifier whose probabilities a test writes down."""

import re

import numpy as np
import pytest

from application.advise import Advise
from application.explain import OcclusionExplainer
from application.predictions.open_categories import OpenCategories
from domain.abstract import Abstract
from domain.advice import Advice, Question, Verdict
from domain.advice_fit import AdviceFit, AdviceThresholds, PrimaryHead
from domain.calibration import Calibration
from domain.category import Category
from domain.errors import InvalidInputError
from domain.model_bundle import ModelCard
from domain.similar_paper import IndexedPaper, SimilarPaper
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds
from entrypoints.taxonomies import all_categories, lifetimes
from tests.examples import own_card
from tests.unit.application.table_classifier import TableClassifier

NAMES = "cs.LG stat.ML math-ph math.MP alg-geom quant-ph"
TAXONOMY = all_categories().subset([*map(Category.parse, NAMES.split())])
TEXT = "We study learning of networks and prove bounds for gradient descent with noise in many dimensions."
CUTS = AdviceThresholds(outside=0.6, cross_list=0.3, add=0.5, drop=0.05, swap=5.0)


def head(*, last: str = "stat.ML") -> PrimaryHead:
    """A head that puts one category behind the others, by an intercept of -3."""
    primaries = tuple(map(Category.parse, ["cs.LG", "stat.ML", "math-ph", "quant-ph"]))
    intercepts = tuple(-3.0 if str(each) == last else 0.0 for each in primaries)
    return PrimaryHead(primaries, ((0.0,) * 4,) * 5, (*intercepts, 0.0))


FIT = AdviceFit(head(), CUTS)


def card(taxonomy: Taxonomy = TAXONOMY, fit: AdviceFit | None = FIT) -> ModelCard:
    """The card of a model with that fit."""
    width = len(taxonomy)
    calibration = Calibration((1.0,) * width, (0.0,) * width)
    return ModelCard("tiny", taxonomy, Thresholds(0.5), calibration, 0, "2026-01-01", advice=fit)


def advised(
    row: list[float],
    chosen: str = "",
    *,
    fit: AdviceFit | None = FIT,
    text: str = TEXT,
    near: tuple[SimilarPaper, ...] = (),
) -> Advice:
    """The advice where the model gives that row of probabilities, in the order of NAMES."""
    classifier = TableClassifier(TAXONOMY, np.array([row], np.float32))
    use_case = Advise(
        card(fit=fit), classifier, OcclusionExplainer(classifier), (lambda _, k: near[:k]) if near else None
    )
    return use_case(Question(Abstract(text, id="0"), tuple(map(Category.parse, chosen.split()))))


def verdicts(advice: Advice) -> dict[str, str]:
    """The verdict on each category."""
    return {str(each.category): str(each.verdict) for each in advice.opinion}


def names(advice: Advice) -> list[str]:
    """The names of primary category and cross-lists."""
    assert advice.primary is not None
    return [str(each.category) for each in (advice.primary, *advice.cross_lists)]


def test_the_head_chooses_the_primary_category() -> None:
    """cs.LG comes first where stat.ML is more probable, by the head. Without a head it is the most probable one."""
    row = [0.8, 0.9, 0.01, 0.01, 0.0, 0.01]
    assert names(advised(row)) == ["cs.LG", "stat.ML"]
    assert names(advised(row, fit=None)) == ["stat.ML", "cs.LG"]
    assert any("has not learnt which category comes first" in each for each in advised(row, fit=None).warnings)


def test_twins_are_closed_and_retired_categories_left_out() -> None:
    """math-ph brings math.MP, and alg-geom is never advised, however probable."""
    assert names(advised([0.01, 0.01, 0.9, 0.9, 0.99, 0.4])) == ["math-ph", "math.MP", "quant-ph"]


def test_a_paper_outside_gets_no_category() -> None:
    """If none of the categories is probable, the answer is that the paper is outside, and names the nearest."""
    advice = advised([0.1, 0.01, 0.01, 0.01, 0.0, 0.01], "cs.LG")
    assert (advice.primary, advice.cross_lists, advice.outside) == (None, (), True)
    assert advice.outside_probability == pytest.approx(0.9 * 0.99**3, abs=1e-3)
    assert re.search(r"outside the 6 categories .* nearest that it has is cs\.LG", advice.warnings[0])
    assert verdicts(advice) == {"cs.LG": "no opinion"}


def test_each_chosen_category_gets_a_verdict() -> None:
    """Probable ones are kept, improbable ones dropped, those between left open, probable missing ones added."""
    advice = advised([0.9, 0.6, 0.02, 0.02, 0.0, 0.1], "cs.LG quant-ph math-ph cs.SE")
    assert verdicts(advice) == {
        "cs.LG": "keep",
        "quant-ph": "no opinion",
        "math-ph": "drop",
        "cs.SE": "no opinion",
        "stat.ML": "add",
    }
    assert next(each for each in advice.opinion if str(each.category) == "cs.SE").probability is None


def test_the_primary_category_is_swapped_where_another_is_far_more_probable() -> None:
    """With stat.ML first, cs.LG is said to come first. With cs.LG first, nothing is swapped."""
    row = [0.8, 0.9, 0.01, 0.01, 0.0, 0.01]
    assert verdicts(advised(row, "stat.ML cs.LG")) == {"cs.LG": "swap", "stat.ML": "keep"}
    assert verdicts(advised(row, "cs.LG stat.ML")) == {"cs.LG": "keep", "stat.ML": "keep"}


def test_a_missing_twin_is_added_and_a_retired_category_dropped() -> None:
    """math-ph without math.MP lacks its twin, and alg-geom was retired."""
    advice = advised([0.01, 0.01, 0.9, 0.9, 0.9, 0.01], "math-ph alg-geom")
    assert verdicts(advice) == {"math-ph": "keep", "alg-geom": "drop", "math.MP": "add"}


def test_unknown_words_bring_no_opinion() -> None:
    """Of a text with few words there is no opinion, and a warning."""
    advice = advised([0.9, 0.6, 0.02, 0.02, 0.0, 0.1], "cs.LG math-ph", text="Netze lernen gut.")
    assert {each.verdict for each in advice.opinion} == {Verdict.NO_OPINION}
    assert any("too few of the words" in each for each in advice.warnings)


def test_the_nearest_papers_of_a_category_are_given() -> None:
    """Of the nearest papers those that have the category, at most three."""
    near = tuple(
        SimilarPaper(IndexedPaper(str(n), f"On {n}", ("stat.ML",) if n % 2 else ("cs.LG",)), 0.9) for n in range(10)
    )
    advice = advised([0.8, 0.9, 0.01, 0.01, 0.0, 0.01], near=near)
    assert advice.primary is not None
    assert [each.paper.id for each in advice.primary.papers] == ["0", "2", "4"]
    assert [each.paper.id for each in advice.cross_lists[0].papers] == ["1", "3", "5"]


def test_a_category_that_arxiv_did_not_have_is_not_advised() -> None:
    """stat.ML, which began in 2007, is neither primary nor cross-list of a paper of 1999."""
    table = TableClassifier(TAXONOMY, np.array([[0.5, 0.9, 0.01, 0.01, 0.0, 0.01]], np.float32))
    opened = OpenCategories(table, lifetimes())
    use_case = Advise(card(), opened, OcclusionExplainer(opened))
    assert "stat.ML" not in names(use_case(Question(Abstract(TEXT, id="0", month="1999-05"))))


def test_labels_of_ones_own_are_refused() -> None:
    """arXiv's rules do not apply to them."""
    classifier = TableClassifier(own_card().taxonomy, np.zeros((1, 4), np.float32))
    with pytest.raises(InvalidInputError, match="labels of its own"):
        Advise(own_card(), classifier, OcclusionExplainer(classifier))
