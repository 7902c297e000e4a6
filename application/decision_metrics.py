"""Precision, recall and F1 of the categories that pass their thresholds, averaged in four ways."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Integers = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many categories were predicted, are true, and are both (`hits`): one number per column or per row.

    A ratio whose denominator is zero is 0, as scikit-learn's with `zero_division=0`.
    """

    hits: Integers
    predicted: Integers
    actual: Integers

    @property
    def precision(self) -> Floats:
        """The share of what was predicted that is true."""
        return _ratio(self.hits, self.predicted)

    @property
    def recall(self) -> Floats:
        """The share of what is true that was predicted."""
        return _ratio(self.hits, self.actual)

    @property
    def f1(self) -> Floats:
        """The harmonic mean of precision and recall."""
        return _ratio(2 * self.hits, self.predicted + self.actual)

    @property
    def misses(self) -> Integers:
        """How many decisions were wrong, either way."""
        return self.predicted + self.actual - 2 * self.hits

    def summed(self) -> "Counts":
        """All of them added up."""
        return Counts(*(np.atleast_1d(part.sum()) for part in (self.hits, self.predicted, self.actual)))


def count(targets: Bools, predicted: Bools, *, axis: int) -> Counts:
    """Counts per category (axis 0) or per paper (axis 1) of two arrays of shape (papers, categories)."""
    hits, chosen, actual = (np.asarray(a.sum(axis=axis)) for a in (targets & predicted, predicted, targets))
    return Counts(hits, chosen, actual)


def decision_metrics(targets: Bools, predicted: Bools) -> dict[str, float]:
    """Micro, macro, weighted and samples precision, recall and F1, Hamming loss and subset accuracy.

    Macro averages are over categories with at least one positive, samples averages over papers with at least one
    category; weighted averages weigh a category by its positives, so one without has no say. Micro averages, Hamming
    loss and subset accuracy count every decision.
    """
    by_category, by_paper = count(targets, predicted, axis=0), count(targets, predicted, axis=1)
    support = by_category.actual
    return {
        **_averaged("micro", by_category.summed(), np.ones(1)),
        **_averaged("macro", by_category, support > 0),
        **_averaged("weighted", by_category, support),
        **_averaged("samples", by_paper, by_paper.actual > 0),
        "hamming_loss": float(by_paper.misses.sum() / max(targets.size, 1)),
        "subset_accuracy": mean(by_paper.misses == 0),
    }


def mean(values: NDArray[np.generic]) -> float:
    """The mean, or 0 of nothing."""
    return float(values.astype(np.float64).mean()) if values.size else 0.0


def _averaged(name: str, counts: Counts, weights: NDArray[np.generic]) -> dict[str, float]:
    shares = weights.astype(np.float64) / max(float(weights.astype(np.float64).sum()), 1.0)
    return {
        f"{name}_precision": float(counts.precision @ shares),
        f"{name}_recall": float(counts.recall @ shares),
        f"{name}_f1": float(counts.f1 @ shares),
    }


def _ratio(part: Integers, whole: Integers) -> Floats:
    return part / np.maximum(whole, 1)
