"""Metrics of an order, with scikit-learn as the oracle."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given

from application.metrics.ranking import expected_relevance, ranking_metrics, top_metrics
from tests.lazily import lazily
from tests.strategies import Scored, examples, scored

oracle = lazily("sklearn.metrics")


@examples(25)
@given(scored(min_categories=2))
def test_average_precision_equals_scikit_learns(case: Scored) -> None:
    """Micro average precision pools all pairs; macro is the mean over categories with a positive."""
    targets, probabilities = case
    found, kept = ranking_metrics(targets, probabilities), targets.any(axis=0)
    micro = oracle.average_precision_score(targets.ravel(), probabilities.ravel()) if kept.any() else 0
    by_category = [oracle.average_precision_score(targets[:, c], probabilities[:, c]) for c in np.flatnonzero(kept)]
    assert found["average_precision_micro"] == pytest.approx(micro)
    assert found["average_precision_macro"] == pytest.approx(np.mean(by_category or [0]))


@examples(25)
@given(scored(min_categories=2))
def test_roc_auc_equals_scikit_learns(case: Scored) -> None:
    """Micro ROC-AUC pools all pairs; macro is the mean over categories with a positive and a negative."""
    targets, probabilities = case
    found, kept = ranking_metrics(targets, probabilities), targets.any(axis=0) & ~targets.all(axis=0)
    both = targets.any() and not targets.all()
    by_category = [oracle.roc_auc_score(targets[:, c], probabilities[:, c]) for c in np.flatnonzero(kept)]
    assert found["roc_auc_micro"] == pytest.approx(
        oracle.roc_auc_score(targets.ravel(), probabilities.ravel()) if both else 0
    )
    assert found["roc_auc_macro"] == pytest.approx(np.mean(by_category or [0]))


@examples(25)
@given(scored(min_categories=2, max_categories=9))
def test_ndcg_equals_scikit_learns_over_labelled_papers(case: Scored) -> None:
    """nDCG@5 averages over ties as scikit-learn does, and leaves papers without category out."""
    targets, probabilities = case
    kept = targets.any(axis=1)
    expected = oracle.ndcg_score(targets[kept].astype(int), probabilities[kept], k=5) if kept.any() else 0
    assert top_metrics(targets, probabilities)["ndcg_at_5"] == pytest.approx(expected)


@given(scored(max_papers=4, max_categories=4))
def test_ties_share_their_ranks_evenly(case: Scored) -> None:
    """The value at each rank is the mean over all orders of the columns."""
    targets, probabilities = case
    orders = [list(order) for order in permutations(range(targets.shape[1]))]
    by_order = [_in_ranks(targets[:, order], probabilities[:, order]) for order in orders]
    assert expected_relevance(targets, probabilities, 9) == pytest.approx(np.mean(by_order, axis=0))


@given(scored(min_categories=6, max_categories=9))
def test_precision_and_recall_at_k_without_ties(case: Scored) -> None:
    """Without ties, precision@k and recall@5 count the true categories among the k most probable."""
    targets = case[0]
    probabilities = np.random.default_rng(len(targets)).permuted(
        np.linspace(0, 1, targets.size, dtype=np.float32).reshape(targets.shape), axis=1
    )
    found, kept = top_metrics(targets, probabilities), targets.any(axis=1)
    hits = _in_ranks(targets, probabilities)[kept].astype(int)
    for k in (1, 3, 5):
        expected = hits[:, :k].mean() if kept.any() else 0
        assert found[f"precision_at_{k}"] == pytest.approx(expected)
    recalls = hits[:, :5].sum(axis=1) / targets[kept].sum(axis=1)
    assert found["recall_at_5"] == pytest.approx(recalls.mean() if kept.any() else 0)


def test_precision_at_k_divides_by_k_in_a_small_taxonomy() -> None:
    """With two categories, both right, precision@5 is 2/5."""
    found = top_metrics(np.ones((1, 2), np.bool_), np.array([[0.9, 0.8]], np.float32))
    assert found["precision_at_5"] == pytest.approx(0.4)
    assert found["recall_at_5"] == found["ndcg_at_5"] == 1.0


def _in_ranks(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    return np.take_along_axis(targets, np.argsort(-probabilities, axis=1, kind="stable"), axis=1)
