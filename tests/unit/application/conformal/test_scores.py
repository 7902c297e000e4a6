"""Sets for a coverage hold all categories of as many papers as they say."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from application.conformal.scores import conformal_scores, least_probabilities, quantile
from application.conformal.sets import CategorySets, category_sets
from domain.conformal import ConformalScores
from domain.errors import InvalidInputError
from tests.lazily import lazily
from tests.unit.application.policies.drawn import drawn, taxonomy

crepes = lazily("crepes")


@given(
    st.lists(st.integers(0, 1000), min_size=1, max_size=60),
    st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99]),
)
def test_the_quantile_is_that_of_crepes(ranks: list[int], coverage: float) -> None:
    """A score is in the set of crepes exactly if it is at most the quantile. Without a quantile every score is.

    Where (n + 1) * coverage is a whole number, crepes takes in scores whose p-value equals 1 - coverage.
    """
    scores = np.array(ranks) / 1000
    place = (len(scores) + 1) * coverage
    assume(abs(place - round(place)) > 1e-6)
    oracle = crepes.ConformalClassifier()
    oracle.fit(scores)
    tried = np.array([*scores, *(scores + 1e-4), *(scores - 1e-4)])
    inside = oracle.predict_set(tried[:, None], confidence=coverage, smoothing=False)[:, 0].astype(bool)
    found = quantile(scores, coverage)
    assert inside.tolist() == [found is None or score <= found for score in tried]


@given(st.integers(1, 40), st.integers(2, 5))
def test_equal_weights_change_nothing(papers: int, weight: int) -> None:
    """The effective number of papers is their number."""
    scores = np.random.default_rng(papers).random(papers)
    assert quantile(scores, 0.8) == quantile(scores, 0.8, np.full(papers, float(weight)))


def test_a_weight_moves_the_quantile() -> None:
    """Papers with high scores that count for more raise it."""
    scores = np.linspace(0, 1, 1000)
    assert quantile(scores, 0.5, 1.0 + scores) > quantile(scores, 0.5) + 0.05  # type: ignore[operator]  # not None


def covered(sets: CategorySets, targets: NDArray[np.bool_], probabilities: NDArray[np.float32]) -> float:
    """The share of the papers whose set holds all of their categories, of those that have any."""
    has = targets.any(axis=1)
    return float((sets.whole(probabilities[has]) | ~targets[has]).all(axis=1).mean())


@pytest.mark.parametrize("coverage", [0.8, 0.95])
def test_other_papers_are_covered(coverage: float) -> None:
    """On 20,000 other papers of the population the coverage is right to one point, of large archives to three."""
    scores = conformal_scores(*drawn(6000, 1), taxonomy())
    sets = category_sets(scores, coverage, taxonomy(), "tiny")
    targets, probabilities = drawn(20_000, 2)
    assert covered(sets, targets, probabilities) == pytest.approx(coverage, abs=0.01)
    archives = np.array([name.partition(".")[0] for name in map(str, taxonomy())])[probabilities.argmax(axis=1)]
    assert scores is not None
    large = [archive for archive, least in scores.least.items() if len(least) > 500]
    assert len(large) > 1
    for archive in large:
        rows = archives == archive
        assert covered(sets, targets[rows], probabilities[rows]) == pytest.approx(coverage, abs=0.03)


def test_a_higher_coverage_has_larger_sets() -> None:
    """Sets grow with the coverage."""
    scores = conformal_scores(*drawn(2000, 1), taxonomy())
    probabilities = drawn(500, 2)[1]
    small, large = (category_sets(scores, share, taxonomy(), "tiny").whole(probabilities) for share in (0.8, 0.95))
    assert (large | ~small).all()
    assert large.sum() > small.sum()


def test_a_set_that_would_be_too_large_is_not_given() -> None:
    """A set with all categories, or with none, says nothing."""
    sets = CategorySets(np.full(6, 0.2, np.float32), 5)
    rows = np.array([[0.3] * 6, [0.1] * 6, [0.9, 0.3, 0, 0, 0, 0]], np.float32)
    chosen, abstained = sets.of(rows)
    assert abstained.tolist() == [True, True, False]
    assert chosen.sum(axis=1).tolist() == [0, 0, 2]


def test_papers_without_a_known_category_or_of_weight_0_have_no_score() -> None:
    """They are left out. A model without enough others has no scores."""
    targets, probabilities = drawn(500, 1)
    weights = (np.arange(500) % 2).astype(np.float64)
    scores = conformal_scores(targets, probabilities, taxonomy(), weights)
    assert scores is not None
    assert scores.papers == int((targets.any(axis=1) & (weights > 0)).sum())
    assert conformal_scores(np.zeros_like(targets), probabilities, taxonomy()) is None
    assert conformal_scores(targets[:1], probabilities[:1], taxonomy()) is None


def test_small_archives_share_a_quantile() -> None:
    """Archives with fewer than 100 papers are one group if they have 100 together, and else get that of all papers."""
    many, few, rare = (0.5,) * 1000, (0.2,) * 60, (0.1,) * 60
    cuts = least_probabilities(ConformalScores({"cs": many, "math": few, "stat": rare}), 0.9, taxonomy())
    assert dict(zip(map(str, taxonomy()), np.round(cuts, 4).tolist(), strict=True)) == pytest.approx(
        {"cs.LG": 0.5, "cs.CV": 0.5, "hep-th": 0.2, "math.AP": 0.1, "math.CO": 0.1, "stat.ML": 0.1}, abs=1e-3
    ) or cuts[2] == pytest.approx(0.5)
    cuts = least_probabilities(ConformalScores({"cs": many, "math": few}), 0.9, taxonomy())
    assert cuts[3] == cuts[2] == pytest.approx(0.5)


@pytest.mark.parametrize("coverage", [0.0, 1.0, -1.0, float("nan")])
def test_what_is_no_coverage_is_refused(coverage: float) -> None:
    """A coverage lies between 0 and 1."""
    with pytest.raises(InvalidInputError, match="between 0 and 1"):
        least_probabilities(ConformalScores({"cs": (0.5,) * 50}), coverage, taxonomy())


def test_a_coverage_that_few_papers_cannot_promise_is_refused() -> None:
    """The error has the highest that they can, which is then given."""
    scores = ConformalScores({"cs": (0.5,) * 50})
    with pytest.raises(InvalidInputError, match=r"at most 0\.9803"):
        least_probabilities(scores, 0.99, taxonomy())
    assert least_probabilities(scores, 0.9803, taxonomy())[0] == pytest.approx(0.5)


def test_a_model_without_scores_says_how_to_get_them() -> None:
    """Models of earlier versions have none."""
    with pytest.raises(InvalidInputError, match="models tune"):
        category_sets(None, 0.95, taxonomy(), "tiny/1")
