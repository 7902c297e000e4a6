"""Advice is learnt from validation papers."""

import numpy as np
import pytest
from numpy.typing import NDArray

from application.advice.composition import composed
from application.advice.fitting import fit_advice
from application.advice.measures import advice_metrics
from application.advice.primary import outside_probability, primary_probabilities
from domain.abstract import Abstract
from domain.advice_fit import AdviceFit
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy
from entrypoints.taxonomies import all_categories
from tests.examples import own_papers, own_taxonomy

TAXONOMY = all_categories().subset([*map(Category.parse, ["stat.ML", "cs.LG", "math-ph", "math.MP", "hep-th"])])
Table = NDArray[np.float32]


def drawn(count: int, seed: int) -> tuple[list[LabelledAbstract], Table]:
    """Papers by their probabilities; cs.LG comes first wherever it is, though stat.ML is a little more probable."""
    random = np.random.default_rng(seed)
    kinds = random.choice(4, count, p=[0.4, 0.25, 0.2, 0.15])
    means = {0: (0.8, 0.75, 0.02, 0.02), 1: (0.02, 0.03, 0.85, 0.2), 2: (0.05, 0.02, 0.1, 0.8), 3: (0.05,) * 4}
    lists = {0: "cs.LG stat.ML", 1: "math-ph math.MP", 2: "hep-th", 3: "q-bio.NC"}
    rows = np.array([means[int(kind)] for kind in kinds])
    said = np.clip(rows + random.normal(0, 0.02, rows.shape), 0.001, 0.999)
    table = said[:, [0, 1, 2, 2, 3]].astype(np.float32)
    papers = [
        LabelledAbstract(Abstract("x", id=str(row)), tuple(map(Category.parse, lists[int(kind)].split())))
        for row, kind in enumerate(kinds)
    ]
    return papers, table


@pytest.fixture(scope="module")
def fit() -> AdviceFit:
    """The fit to 1,200 papers."""
    found = fit_advice(*drawn(1200, 1), TAXONOMY)
    assert found is not None
    return found


def test_the_head_learns_which_category_comes_first(fit: AdviceFit) -> None:
    """On other papers it puts cs.LG first, where the most probable category is stat.ML."""
    metrics = advice_metrics(*drawn(800, 2), fit, TAXONOMY)
    assert metrics["primary_accuracy"] > 0.99
    assert metrics["most_probable_accuracy"] < 0.7
    assert metrics["exact_sets"] > 0.95


def test_probabilities_of_primaries_hold(fit: AdviceFit) -> None:
    """They add up to 1 with the class beyond the model, whose mean is the share of such papers."""
    papers, table = drawn(800, 2)
    found = primary_probabilities(fit.head, table, TAXONOMY)
    assert np.allclose(found.table.sum(axis=1) + found.beyond, 1)
    beyond = np.array([str(paper.primary) == "q-bio.NC" for paper in papers])
    assert abs(found.beyond.mean() - beyond.mean()) < 0.03
    assert "math.MP" not in map(str, found.primaries)


def test_papers_outside_are_told(fit: AdviceFit) -> None:
    """Papers with none of the categories are found with the precision that was asked for."""
    metrics = advice_metrics(*drawn(800, 2), fit, TAXONOMY)
    assert metrics["outside_precision"] > 0.75
    assert metrics["outside_recall"] > 0.9


def test_a_category_that_was_closed_is_no_primary(fit: AdviceFit) -> None:
    """A category of probability 0 gets no probability as the primary, and the others share its part."""
    table = drawn(50, 3)[1]
    table[:, TAXONOMY.column(Category.parse("cs.LG"))] = 0
    found = primary_probabilities(fit.head, table, TAXONOMY)
    assert not found.table[:, found.primaries.index(Category.parse("cs.LG"))].any()
    assert np.allclose(found.table.sum(axis=1) + found.beyond, 1)


def test_without_a_fit_the_most_probable_category_is_the_primary() -> None:
    """A model without a head gives the most probable category that can be one."""
    table = np.array([[0.2, 0.1, 0.6, 0.6, 0.1]], np.float32)
    (found,) = composed(None, table, TAXONOMY)
    assert (str(found.primary), [*map(str, found.cross_lists)]) == ("math-ph", ["math.MP"])


def test_a_twin_counts_once_for_what_is_outside() -> None:
    """The probability of none of the categories multiplies a pair's once."""
    table = np.array([[0.5, 0.0, 0.5, 0.5, 0.0]], np.float32)
    assert outside_probability(table, TAXONOMY)[0] == pytest.approx(0.25)


def test_swaps_of_turned_papers_are_found(fit: AdviceFit) -> None:
    """Few right orders get the verdict swap, and most wrong ones do."""
    metrics = advice_metrics(*drawn(800, 2), fit, TAXONOMY)
    assert metrics["wrong_swaps"] < 0.06
    assert metrics["found_swaps"] > 0.9


@pytest.mark.parametrize("taxonomy", [TAXONOMY, own_taxonomy()])
def test_too_few_papers_and_own_labels_have_no_fit(taxonomy: Taxonomy) -> None:
    """Below 200 papers with a known primary, and for labels that are not arXiv's, there is none."""
    papers, table = drawn(220, 4) if taxonomy is TAXONOMY else (own_papers(400), np.full((400, 4), 0.5, np.float32))
    assert fit_advice(papers, table, taxonomy) is None


def test_the_fit_does_not_depend_on_test_papers() -> None:
    """The same validation papers give the same fit."""
    assert fit_advice(*drawn(400, 5), TAXONOMY) == fit_advice(*drawn(400, 5), TAXONOMY)
