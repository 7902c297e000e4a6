"""Metrics of the ranking of categories within a paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.metrics.label_ranking import label_ranking_metrics, rank_labels
from tests.lazily import lazily
from tests.strategies import Scored, scored

oracle = lazily("sklearn.metrics")


# Targets of one column are binary ones to scikit-learn, which refuses them.
@given(scored(min_categories=2))
def test_metrics_equal_scikit_learns_on_labelled_papers(case: Scored) -> None:
    """LRAP and coverage error are scikit-learn's, ties included, for papers with at least one category."""
    targets, probabilities = case
    labelled = targets.any(axis=1)
    found = label_ranking_metrics(targets, probabilities)
    if not labelled.any():
        assert found == {"lrap": 0.0, "coverage_error": 0.0}
        return
    truth, scores = targets[labelled].astype(int), probabilities[labelled]
    assert found["coverage_error"] == pytest.approx(oracle.coverage_error(truth, scores))
    assert found["lrap"] == pytest.approx(oracle.label_ranking_average_precision_score(truth, scores))


@given(scored(min_papers=1), st.data())
def test_weights_act_like_repeated_papers(case: Scored, data: st.DataObject) -> None:
    """A paper of weight 3 counts like three papers, one of weight 0 like none."""
    targets, probabilities = case
    times = data.draw(st.lists(st.integers(0, 3), min_size=len(targets), max_size=len(targets)))
    weighted = label_ranking_metrics(targets, probabilities, np.array(times, np.float64))
    repeated = label_ranking_metrics(targets.repeat(times, axis=0), probabilities.repeat(times, axis=0))
    assert weighted == pytest.approx(repeated)


def test_categories_of_equal_probability_share_the_last_rank() -> None:
    """Two categories with the same probability are both on rank 2, and a paper without categories has 0."""
    precision, depth = rank_labels(
        np.array([[True, False, False], [False, False, False]]), np.array([[0.5, 0.5, 0.1], [0.9, 0.5, 0.1]])
    )
    assert precision.tolist() == [0.5, 0]
    assert depth.tolist() == [2, 0]
