"""Metrics of thresholded probabilities, with scikit-learn as the oracle."""

import numpy as np
import pytest
from hypothesis import given

from application.metrics.decisions import decision_metrics
from tests.lazily import lazily
from tests.strategies import Scored, examples, scored

oracle = lazily("sklearn.metrics")


@examples(25)
@given(scored(min_categories=2))
def test_micro_and_weighted_equal_scikit_learns(case: Scored) -> None:
    """Micro and weighted precision, recall and F1 over all categories are scikit-learn's."""
    targets, predicted = case[0], case[1] >= 0.5
    found = decision_metrics(targets, predicted)
    for average in ("micro", "weighted"):
        assert _named(found, average) == pytest.approx(_oracle(targets, predicted, average))


@examples(25)
@given(scored(min_categories=2))
def test_macro_equals_scikit_learns_over_categories_with_positives(case: Scored) -> None:
    """A category without positives has no part in macro precision, recall and F1."""
    targets, predicted = case[0], case[1] >= 0.5
    kept = targets.any(axis=0)
    expected = (0, 0, 0) if not kept.any() else _oracle(targets, predicted, "macro", labels=np.flatnonzero(kept))
    assert _named(decision_metrics(targets, predicted), "macro") == pytest.approx(expected)


@examples(25)
@given(scored(min_categories=2))
def test_samples_equals_scikit_learns_over_labelled_papers(case: Scored) -> None:
    """A paper without category has no part in samples precision, recall and F1."""
    targets, predicted = case[0], case[1] >= 0.5
    kept = targets.any(axis=1)
    expected = (0, 0, 0) if not kept.any() else _oracle(targets[kept], predicted[kept], "samples")
    assert _named(decision_metrics(targets, predicted), "samples") == pytest.approx(expected)


@examples(25)
@given(scored(min_categories=2))
def test_hamming_loss_and_subset_accuracy_equal_scikit_learns(case: Scored) -> None:
    """Both count every paper, those without category included."""
    targets, predicted = case[0], case[1] >= 0.5
    found = decision_metrics(targets, predicted)
    assert found["hamming_loss"] == pytest.approx(oracle.hamming_loss(targets, predicted))
    assert found["subset_accuracy"] == pytest.approx(oracle.accuracy_score(targets, predicted))


def test_macro_ignores_false_alarms_on_a_category_without_positives() -> None:
    """Predicting a category without papers lowers micro precision and leaves macro precision alone."""
    targets = np.array([[True, False], [True, False]])
    found = decision_metrics(targets, np.array([[True, True], [True, False]]))
    assert found["macro_precision"] == 1.0
    assert found["micro_precision"] == pytest.approx(2 / 3)


def _named(found: dict[str, float], average: str) -> tuple[float, ...]:
    return tuple(found[f"{average}_{name}"] for name in ("precision", "recall", "f1"))


def _oracle(targets: np.ndarray, predicted: np.ndarray, average: str, labels: object = None) -> tuple[float, ...]:
    scores = oracle.precision_recall_fscore_support(targets, predicted, average=average, labels=labels, zero_division=0)
    return tuple(float(score) for score in scores[:3])
