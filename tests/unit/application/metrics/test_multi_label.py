"""Multi-label metrics as a whole."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from application.metrics.multi_label import category_metrics, decide, multilabel_metrics
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy
from tests.lazily import lazily
from tests.strategies import Scored, examples, probability_arrays, scored, taxonomies, thresholds_of

oracle = lazily("sklearn.metrics")

NAMES = {
    *(f"{average}_{name}" for average in ("micro", "macro", "weighted", "samples") for name in ("precision", "recall")),
    *(f"{average}_f1" for average in ("micro", "macro", "weighted", "samples")),
    *("hamming_loss", "subset_accuracy", "roc_auc_micro", "roc_auc_macro"),
    *("average_precision_micro", "average_precision_macro"),
    *("precision_at_1", "precision_at_3", "precision_at_5", "recall_at_5", "ndcg_at_5", "ece", "ece_likely"),
    *("lrap", "coverage_error"),
}


@given(scored(min_papers=0), st.floats(0, 1))
def test_every_metric_is_a_number_from_zero_to_one(case: Scored, threshold: float) -> None:
    """All promised metrics are there and none is undefined, whatever is missing: papers, positives or negatives.

    The coverage error is a number of categories.
    """
    targets, probabilities = case
    found = multilabel_metrics(targets, probabilities, [threshold] * targets.shape[1])
    assert found.keys() == NAMES
    assert 0 <= found.pop("coverage_error") <= targets.shape[1]
    assert all(0 <= value <= 1 + 1e-9 for value in found.values())


@given(scored(), st.randoms(use_true_random=False))
def test_the_order_of_papers_and_of_columns_changes_nothing(case: Scored, random) -> None:  # type: ignore[no-untyped-def]  # hypothesis has no public type for it
    """Papers and categories may come in any order."""
    targets, probabilities = case
    rows, columns = list(range(targets.shape[0])), list(range(targets.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    thresholds = np.linspace(0.2, 0.8, len(columns))
    shuffled = multilabel_metrics(targets[rows][:, columns], probabilities[rows][:, columns], thresholds[columns])
    assert shuffled == pytest.approx(multilabel_metrics(targets, probabilities, thresholds), abs=1e-6)


@given(scored())
def test_a_perfect_classifier_reaches_every_optimum(case: Scored) -> None:
    """Predicting exactly the truth gives F1, average precision, recall and nDCG of 1 and no loss."""
    targets = case[0].copy()
    targets[0, 0] = True
    found = multilabel_metrics(targets, targets.astype(np.float32), [0.5] * targets.shape[1])
    for name in ("micro_f1", "macro_f1", "weighted_f1", "samples_f1", "subset_accuracy", "average_precision_macro"):
        assert found[name] == pytest.approx(1)
    assert found["ndcg_at_5"] == pytest.approx(1)
    assert found["hamming_loss"] == found["ece"] == found["ece_likely"] == 0


@given(st.data(), taxonomies())
def test_decisions_are_those_of_a_prediction(data: st.DataObject, taxonomy: Taxonomy) -> None:
    """Predicted categories are those of `Prediction.above` without its fallback."""
    probabilities = data.draw(probability_arrays((3, len(taxonomy))))
    thresholds = data.draw(thresholds_of(taxonomy))
    decided = decide(probabilities, thresholds.in_columns(taxonomy))
    for prediction, row in zip(PredictionBatch(taxonomy, probabilities.data), decided, strict=True):
        given_categories = {score.category for score in prediction.above(thresholds, fallback=False)}
        assert given_categories == {c for c, passed in zip(taxonomy, row, strict=True) if passed}


def test_threshold_is_not_rounded_to_float32() -> None:
    """A probability one float64 step under the threshold does not pass, although both round to one float32."""
    probability = np.float32(0.3)
    threshold = np.nextafter(np.float64(probability), 1)
    assert not decide(np.array([[probability]]), (float(threshold),)).any()


@examples(15)  # scikit-learn takes ten milliseconds for a category
@given(st.data(), taxonomies(min_size=2))
def test_category_metrics_equal_scikit_learns(data: st.DataObject, taxonomy: Taxonomy) -> None:
    """Each category's row holds scikit-learn's numbers for its column. Without positives they are 0."""
    width = len(taxonomy)
    targets, probabilities = data.draw(scored(min_categories=width, max_categories=width))
    thresholds = data.draw(thresholds_of(taxonomy)).in_columns(taxonomy)
    for column, row in enumerate(category_metrics(targets, probabilities, thresholds, taxonomy)):
        truth, scores = targets[:, column], probabilities[:, column]
        passed = scores >= np.float64(thresholds[column])
        expected = [
            score(truth, passed, zero_division=0)
            for score in (oracle.precision_score, oracle.recall_score, oracle.f1_score)
        ]
        assert (row.category, row.threshold) == (taxonomy.categories[column], thresholds[column])
        assert row.support == truth.sum()
        assert row.expected == pytest.approx(scores.sum(), rel=1e-5, abs=1e-6)
        assert [row.precision, row.recall, row.f1] == pytest.approx(expected)
        assert row.average_precision == pytest.approx(
            oracle.average_precision_score(truth, scores) if truth.any() else 0
        )
        assert row.roc_auc == pytest.approx(oracle.roc_auc_score(truth, scores) if 0 < truth.sum() < truth.size else 0)


@given(scored(), st.floats(0, 1), st.floats(0, 1))
def test_raising_the_threshold_never_raises_recall(case: Scored, one: float, other: float) -> None:
    """Micro and macro recall fall, or stay, as the threshold rises."""
    low, high = (multilabel_metrics(*case, [threshold] * case[0].shape[1]) for threshold in sorted((one, other)))
    assert high["micro_recall"] <= low["micro_recall"]
    assert high["macro_recall"] <= low["macro_recall"] + 1e-12


@pytest.mark.parametrize("probabilities", [np.zeros((2, 3), np.float32), np.zeros((3, 1), np.float32)])
def test_arrays_of_different_shape_are_refused(probabilities: np.ndarray) -> None:
    """Targets and probabilities that do not match are a programmer's mistake, never broadcast."""
    with pytest.raises(ValueError, match="shape"):
        multilabel_metrics(np.zeros((3, 3), np.uint8), probabilities, [0.5] * 3)


def test_probability_that_is_no_number_is_refused() -> None:
    """A NaN stops the evaluation instead of sorting to one end."""
    with pytest.raises(ValueError, match="not a number"):
        multilabel_metrics(np.zeros((1, 1), np.uint8), np.array([[np.nan]], np.float32), [0.5])


def test_sixteen_thousand_papers_take_under_a_second() -> None:
    """Evaluating 16,000 papers in 50 categories is no matter of seconds (0.04 s where this was written)."""
    random = np.random.default_rng(0)
    probabilities = random.random((16_000, 50), np.float32)
    targets = random.random((16_000, 50)) < 0.03
    started = time.process_time()
    multilabel_metrics(targets, probabilities, [0.5] * 50)
    assert time.process_time() - started < 1.0
