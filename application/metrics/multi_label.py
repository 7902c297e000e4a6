"""Multi-label metrics, overall and by category."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from application.metrics.calibration_error import expected_calibration_error, likely_calibration_error
from application.metrics.decisions import count_by_category, decision_metrics
from application.metrics.label_ranking import label_ranking_metrics
from application.metrics.ranking import rank_categories, ranking_metrics, top_metrics
from application.papers.sample_weights import Weights, weighted
from domain.label import Label
from domain.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class CategoryMetrics:
    """One category's metrics at its threshold.

    `support` is the number of positives, or the sum of their weights. `expected` is the sum of the category's
    probabilities, weighted in the same way. In a calibrated model the two are close. Without positives every other
    metric is 0.
    """

    category: Label
    threshold: float
    support: float
    precision: float
    recall: float
    f1: float
    average_precision: float
    roc_auc: float
    expected: float


def multilabel_metrics(
    targets: NDArray[np.generic],
    probabilities: NDArray[np.floating],
    thresholds: Sequence[float] | NDArray[np.float64],
    weights: Weights = None,
) -> dict[str, float]:
    """Returns every metric by name.

    `targets` and `probabilities` have shape (papers, categories), and there is one threshold per category. A category
    is predicted if its probability is at or above its threshold, without a top-1 fallback.
    Macro averages are over categories with at least one positive. Samples averages, precision@k, recall@5, nDCG@5, LRAP
    and the coverage error are over papers with at least one category. An undefined metric, such as recall without
    positives, is 0.
    `weights` act in every metric like scikit-learn's `sample_weight`. Integer weights give the same as repeated papers.
    """
    truth = _checked(targets, probabilities)
    return {
        **decision_metrics(truth, decide(probabilities, thresholds), weights),
        **ranking_metrics(truth, probabilities, weights),
        **top_metrics(truth, probabilities, weights),
        **label_ranking_metrics(truth, probabilities, weights),
        "ece": expected_calibration_error(truth, probabilities, weights),
        "ece_likely": likely_calibration_error(truth, probabilities, weights),
    }


def category_metrics(
    targets: NDArray[np.generic],
    probabilities: NDArray[np.floating],
    thresholds: Sequence[float] | NDArray[np.float64],
    taxonomy: Taxonomy,
    weights: Weights = None,
) -> tuple[CategoryMetrics, ...]:
    """Returns each category's metrics in column order. Without positives, all of them but `expected` are 0."""
    truth = _checked(targets, probabilities)
    counts = count_by_category(truth, decide(probabilities, thresholds), weights)
    numbers = zip(counts.precision.tolist(), counts.recall.tolist(), counts.f1.tolist(), strict=True)
    rankings = rank_categories(truth, probabilities, weights)
    expected = weighted(probabilities.astype(np.float64), weights).sum(axis=0).tolist()
    rows = zip(taxonomy, thresholds, counts.actual.tolist(), numbers, strict=True)
    return tuple(
        CategoryMetrics(category, float(threshold), support, *prf, ranking.average_precision, ranking.roc_auc, mass)
        for (category, threshold, support, prf), ranking, mass in zip(rows, rankings, expected, strict=True)
    )


def decide(probabilities: NDArray[np.floating], thresholds: ArrayLike) -> NDArray[np.bool_]:
    """Returns whether each probability is at or above its category's threshold."""
    # A float64 array, because numpy would round Python floats to float32, which `Prediction.above` does not.
    passed: NDArray[np.bool_] = probabilities >= np.asarray(thresholds, np.float64)
    return passed


def _checked(targets: NDArray[np.generic], probabilities: NDArray[np.floating]) -> NDArray[np.bool_]:
    if targets.ndim != 2 or targets.shape != probabilities.shape:
        raise ValueError(f"targets of shape {targets.shape} for probabilities of shape {probabilities.shape}")
    if np.isnan(probabilities).any():
        raise ValueError("a probability is not a number")
    return targets.astype(np.bool_, copy=False)
