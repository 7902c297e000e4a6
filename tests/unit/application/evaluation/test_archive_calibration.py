"""Calibration errors by archive, held against draws from a known truth."""

import numpy as np
import pytest

from application.evaluation.archive_calibration import ALL, PREDICTED, TRUE, archive_calibrations
from application.evaluation.likely_errors import LikelyErrors
from application.evaluation.outcome import Outcome, outcome_of
from application.metrics.calibration_error import likely_calibration_error
from domain.abstract import Abstract
from domain.category import Category
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import CategoryInfo, Taxonomy
from domain.thresholds import Thresholds
from tests.unit.application.evaluation.outcomes import made_up, outcome_from, taxonomy_of

_OUTSIDE = Category("q-bio.NC")


def _papers_of(outcome: Outcome) -> list[LabelledAbstract]:
    """A paper for each row of an outcome, with its categories in the order of columns, or another one for none."""
    categories = outcome.taxonomy.categories
    return [
        LabelledAbstract(Abstract("text"), tuple(categories[c] for c in np.flatnonzero(row)) or (_OUTSIDE,))
        for row in outcome.targets
    ]


def _drawn(papers: int, seed: int = 0) -> Outcome:
    """An outcome whose truth is drawn by its probabilities, so that these are right."""
    chance = np.random.default_rng(seed)
    probabilities = (chance.random((papers, 4)) ** 2).astype(np.float32)
    return outcome_from(chance.random(probabilities.shape) < probabilities, probabilities)


def test_errors_are_those_of_the_metric_on_the_papers_of_each_archive() -> None:
    """An archive's error is `likely_calibration_error` of its papers, by the archive predicted or by the true one."""
    whole = made_up(600, skill=0.4)
    found = archive_calibrations(_papers_of(whole), whole, seed=0)
    archives = np.array([str(category).split(".")[0] for category in whole.taxonomy])
    predicted, true = archives[whole.probabilities.argmax(axis=1)], archives[whole.targets.argmax(axis=1)]
    for each in found:
        rows = {PREDICTED: predicted, TRUE: true}[each.by] == each.archive if each.archive != ALL else slice(None)
        wanted = likely_calibration_error(whole.targets[rows], whole.probabilities[rows])
        assert each.error.value == pytest.approx(wanted, abs=1e-9)
        assert each.error.low <= each.error.value <= each.error.high
    assert {each.by for each in found} == {PREDICTED, TRUE}
    assert all((each.chance is None) == (each.by == TRUE) for each in found)


def test_papers_outside_count() -> None:
    """Papers with none of the categories are in the error of all papers, because probabilities hold for them too."""
    whole = _drawn(500)
    (first, *_) = archive_calibrations(_papers_of(whole), whole, seed=0)
    assert (first.archive, first.papers) == (ALL, 500)
    assert not whole.targets.any(axis=1).all()
    assert first.error.value < likely_calibration_error(*(each[whole.targets.any(axis=1)] for each in _arrays(whole)))


def _arrays(whole: Outcome) -> tuple[np.ndarray, np.ndarray]:
    return whole.targets, whole.probabilities


def test_right_probabilities_have_the_error_of_chance() -> None:
    """If truth is drawn by the probabilities, the error lies among those of chance. If it is not, above them."""
    right = _drawn(2000)
    (found, *_) = archive_calibrations(_papers_of(right), right, seed=1)
    assert found.chance and found.chance.low <= found.error.value <= found.chance.high
    wrong = outcome_from(right.targets, np.sqrt(right.probabilities))
    (found, *_) = archive_calibrations(_papers_of(wrong), wrong, seed=1)
    assert found.chance and found.error.value > 3 * found.chance.high


def test_fewer_papers_have_a_larger_error_by_chance() -> None:
    """The error of right probabilities falls with the root of the number of papers."""
    few, many = (LikelyErrors.of(_drawn(papers)).by_chance(100, seed=0).mean() for papers in (200, 3200))
    assert few / many == pytest.approx(4, rel=0.3)


def test_twins_are_drawn_together() -> None:
    """A category and its twin are right or wrong as one, so they are as uncertain as one pair and not as two."""
    infos = (
        CategoryInfo(Category("math-ph"), "", "", alias=Category("math.MP")),
        CategoryInfo(Category("math.MP"), "", "", alias=Category("math-ph")),
    )
    column = np.random.default_rng(0).random((400, 1)).astype(np.float32)
    twins = Outcome(
        Taxonomy(infos), np.zeros((400, 2), np.bool_), np.hstack([column, column]), (0.5,) * 2, np.arange(400)
    )
    single = outcome_from(np.zeros((400, 1), np.bool_), column)
    one, two = (LikelyErrors.of(each).by_chance(200, seed=0).mean() for each in (single, twins))
    assert two == pytest.approx(one, rel=0.1)


def test_small_archives_and_papers_of_weight_zero() -> None:
    """Archives of fewer than 100 papers are left out, and weights of 0 leave an error of 0."""
    whole = made_up(90, skill=0.5)
    assert [each.archive for each in archive_calibrations(_papers_of(whole), whole, seed=0)] == [ALL]
    unweighted = made_up(90, skill=0.5)
    nothing = outcome_from(unweighted.targets, unweighted.probabilities, weights=np.zeros(90))
    (found,) = archive_calibrations(_papers_of(nothing), nothing, seed=0)
    assert found.error.value == 0


def test_weighted_papers_count_as_often_as_their_weight() -> None:
    """A weight of 2 gives the error of papers that are there twice."""
    plain = made_up(150, skill=0.5)
    weights = np.where(np.arange(150) < 50, 2.0, 1.0)
    weighted = outcome_from(plain.targets, plain.probabilities, weights=weights)
    twice = np.concatenate([np.arange(150), np.arange(50)])
    repeated = outcome_from(plain.targets[twice], plain.probabilities[twice])
    one, two = (archive_calibrations(_papers_of(each), each, seed=0)[0] for each in (weighted, repeated))
    assert one.error.value == pytest.approx(two.error.value, abs=1e-9)


def test_no_likely_pair_has_no_error() -> None:
    """Without a probability of at least .05 there is nothing to measure, and the error is 0."""
    papers = [LabelledAbstract(Abstract("text"), taxonomy_of(2).categories[:1])]
    whole = outcome_of(papers, taxonomy_of(2), Thresholds(0.5), np.full((1, 2), 0.01, np.float32))
    (found,) = archive_calibrations(papers, whole, seed=0)
    assert found.chance and (found.pairs, found.error.value, found.chance.value) == (0, 0.0, 0.0)
