"""Precision, recall and F1 of thresholded categories, with four kinds of averaging."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application.papers.sample_weights import Weights, mean, weighted

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
# Counts are whole numbers, sums of weights are not.
Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of predicted categories, true categories, and both (`hits`), per column or per row.

    For weighted papers these are sums of weights. A ratio with denominator zero is 0, as in scikit-learn with
    `zero_division=0`.
    """

    hits: Numbers
    predicted: Numbers
    actual: Numbers

    @property
    def precision(self) -> Floats:
        """The share of predicted categories that are true."""
        return _ratio(self.hits, self.predicted)

    @property
    def recall(self) -> Floats:
        """The share of true categories that are predicted."""
        return _ratio(self.hits, self.actual)

    @property
    def f1(self) -> Floats:
        """The harmonic mean of precision and recall."""
        return _ratio(2 * self.hits, self.predicted + self.actual)

    @property
    def misses(self) -> Numbers:
        """The number of wrong decisions of either sort."""
        wrong: Numbers = self.predicted + self.actual - 2 * self.hits
        return wrong

    def summed(self) -> "Counts":
        """Returns the sums over all entries."""
        return Counts(*(np.atleast_1d(part.sum()) for part in (self.hits, self.predicted, self.actual)))


def count(targets: Bools, predicted: Bools, *, axis: int) -> Counts:
    """Returns the counts per category (axis 0) or per paper (axis 1) of arrays of shape (papers, categories)."""
    hits, chosen, actual = (np.asarray(a.sum(axis=axis)) for a in (targets & predicted, predicted, targets))
    return Counts(hits, chosen, actual)


def count_by_category(targets: Bools, predicted: Bools, weights: Weights = None) -> Counts:
    """Returns the counts per category, with papers counted by their weights."""
    if weights is None:
        return count(targets, predicted, axis=0)
    return Counts(*(weights @ decided for decided in (targets & predicted, predicted, targets)))


def decision_metrics(targets: Bools, predicted: Bools, weights: Weights = None) -> dict[str, float]:
    """Returns micro, macro, weighted and samples precision, recall and F1, Hamming loss and subset accuracy.

    Macro averages are over categories with at least one positive, samples averages over papers with at least one
    category. Weighted averages weigh a category by its positives. Micro averages, Hamming loss and subset accuracy
    count every decision. `weights` act like scikit-learn's `sample_weight`.
    """
    by_category, by_paper = count_by_category(targets, predicted, weights), count(targets, predicted, axis=1)
    support = by_category.actual
    return {
        **_averaged("micro", by_category.summed(), np.ones(1)),
        **_averaged("macro", by_category, support > 0),
        **_averaged("weighted", by_category, support),
        **_averaged("samples", by_paper, weighted(by_paper.actual > 0, weights)),
        "hamming_loss": _hamming_loss(by_paper.misses, targets, weights),
        "subset_accuracy": mean(by_paper.misses == 0, weights),
    }


def _hamming_loss(misses: Numbers, targets: Bools, weights: Weights) -> float:
    if weights is None:
        return float(misses.sum() / max(targets.size, 1))
    return float(mean(misses, weights) / max(targets.shape[1], 1))


def _averaged(name: str, counts: Counts, weights: NDArray[np.generic]) -> dict[str, float]:
    shares = weights.astype(np.float64) / (float(weights.astype(np.float64).sum()) or 1.0)
    return {
        f"{name}_precision": float(counts.precision @ shares),
        f"{name}_recall": float(counts.recall @ shares),
        f"{name}_f1": float(counts.f1 @ shares),
    }


def _ratio(part: Numbers, whole: Numbers) -> Floats:
    ratio: Floats = part / np.where(whole > 0, whole, 1)
    return ratio
