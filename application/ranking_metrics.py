"""Metrics of the order that probabilities give: average precision, ROC-AUC, and what stands in the first ranks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.decision_metrics import mean

DEPTH = 5

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Scores = NDArray[np.floating]
Integers = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Where the positives stand among all scores; one entry per positive.

    `all_from` and `positives_from` count the scores at or above a positive's own, `all_above` and `positives_above`
    those strictly above it. Only positives are looked up, so no array of indices is sorted.
    """

    size: int
    all_from: Integers
    all_above: Integers
    positives_from: Integers
    positives_above: Integers

    @property
    def average_precision(self) -> float:
        """The mean over positives of the precision at their score, ties counted in; 0 without positives.

        Equals the sum of precision times the step in recall over distinct thresholds, without interpolation.
        """
        return mean(self.positives_from / self.all_from)

    @property
    def roc_auc(self) -> float:
        """The chance that a positive outranks a negative, a tie counting half; 0 without positives or negatives."""
        negatives = self.size - self.all_from.size
        outranking = self.all_above - self.positives_above
        at_or_above = self.all_from - self.positives_from
        return mean(1 - (outranking + at_or_above) / (2 * negatives)) if negatives else 0.0

    @property
    def has_both(self) -> bool:
        """Whether there are positives and negatives, without which ROC-AUC is undefined."""
        return 0 < self.all_from.size < self.size


def rank(targets: Bools, scores: Scores) -> Ranking:
    """The ranking of one-dimensional targets by their scores."""
    ordered, positives = np.sort(scores), np.sort(scores[targets])
    return Ranking(
        size=scores.size,
        all_from=scores.size - np.searchsorted(ordered, positives, side="left"),
        all_above=scores.size - np.searchsorted(ordered, positives, side="right"),
        positives_from=positives.size - np.searchsorted(positives, positives, side="left"),
        positives_above=positives.size - np.searchsorted(positives, positives, side="right"),
    )


def ranking_metrics(targets: Bools, probabilities: Scores) -> dict[str, float]:
    """ROC-AUC and average precision, micro and macro; macro average precision is mAP.

    Macro averages are over categories with at least one positive, for ROC-AUC also with at least one negative; the
    micro averages pool every pair of paper and category.
    """
    micro = rank(targets.reshape(-1), probabilities.reshape(-1))
    by_category = rank_categories(targets, probabilities)
    return {
        "roc_auc_micro": micro.roc_auc,
        "roc_auc_macro": mean(np.array([r.roc_auc for r in by_category if r.has_both])),
        "average_precision_micro": micro.average_precision,
        "average_precision_macro": mean(np.array([r.average_precision for r in by_category if r.all_from.size])),
    }


def rank_categories(targets: Bools, probabilities: Scores) -> list[Ranking]:
    """The ranking of papers within each category, in column order."""
    columns = zip(np.ascontiguousarray(targets.T), np.ascontiguousarray(probabilities.T), strict=True)
    return [rank(column_targets, column) for column_targets, column in columns]


def top_metrics(targets: Bools, probabilities: Scores) -> dict[str, float]:
    """Precision@1/3/5, recall@5 and nDCG@5 over papers with at least one category.

    Categories of equal probability share their ranks evenly (McSherry and Najork 2008), so that the order of columns
    decides nothing. Precision@k divides by k, also where a taxonomy has fewer categories.
    """
    actual = targets.sum(axis=1)
    labelled = actual > 0
    relevance = expected_relevance(targets[labelled], probabilities[labelled], DEPTH)
    actual = actual[labelled]
    discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
    ideal = np.cumsum(discounts)[np.minimum(actual, DEPTH) - 1]
    return {
        **{f"precision_at_{k}": mean(relevance[:, :k].sum(axis=1) / k) for k in (1, 3, 5)},
        f"recall_at_{DEPTH}": mean(relevance.sum(axis=1) / actual),
        f"ndcg_at_{DEPTH}": mean(relevance @ discounts[: relevance.shape[1]] / ideal),
    }


def expected_relevance(targets: Bools, probabilities: Scores, depth: int) -> Floats:
    """The chance that the category in each of the first `depth` ranks is true, shape (papers, depth or categories)."""
    depth = min(depth, targets.shape[1])
    leaders = -np.sort(-probabilities, axis=1)[:, :depth]
    relevance = np.empty(leaders.shape)
    for position in range(depth):
        tied = probabilities == leaders[:, position, None]
        relevance[:, position] = (tied & targets).sum(axis=1) / tied.sum(axis=1)
    return relevance
