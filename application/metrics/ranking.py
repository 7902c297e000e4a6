"""Metrics of the ranking by probability: average precision, ROC-AUC, and the first ranks."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application.papers.sample_weights import Weights, mean, pooled

DEPTH = 5

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Scores = NDArray[np.floating]
# Counts are whole numbers, sums of weights are not.
Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The positions of the positives among all scores, with one entry per positive.

    `all_from` and `positives_from` count the scores at or above the positive's own, `all_above` and `positives_above`
    those strictly above it. `negatives` is the number of negatives. With `weights`, one per positive, all of these are
    sums of weights.
    """

    negatives: float
    all_from: Numbers
    all_above: Numbers
    positives_from: Numbers
    positives_above: Numbers
    weights: Weights = None

    @property
    def average_precision(self) -> float:
        """The mean over positives of the precision at their score, including ties. It is 0 without positives.

        It equals the sum of precision times the step in recall over distinct thresholds, without interpolation.
        """
        return mean(self.positives_from / self.all_from, self.weights)

    @property
    def roc_auc(self) -> float:
        """The chance that a positive outranks a negative, with ties counted half.

        It is 0 without positives or negatives.
        """
        outranking = self.all_above - self.positives_above
        at_or_above = self.all_from - self.positives_from
        if not self.negatives:
            return 0.0
        return mean(1 - (outranking + at_or_above) / (2 * self.negatives), self.weights)

    @property
    def has_positives(self) -> bool:
        """Whether there are positives. Without them average precision is undefined."""
        return self.all_from.size > 0

    @property
    def has_both(self) -> bool:
        """Whether there are positives and negatives. Without both ROC-AUC is undefined."""
        return self.has_positives and self.negatives > 0


def rank(targets: Bools, scores: Scores, weights: Weights = None) -> Ranking:
    """Returns the ranking of one-dimensional targets by their scores. Entries of weight 0 are left out."""
    if weights is not None:
        return _weighted_rank(targets, scores, weights)
    # Only positives are looked up, so scores are sorted without indices.
    ordered, positives = np.sort(scores), np.sort(scores[targets])
    return Ranking(
        negatives=scores.size - positives.size,
        all_from=scores.size - np.searchsorted(ordered, positives, side="left"),
        all_above=scores.size - np.searchsorted(ordered, positives, side="right"),
        positives_from=positives.size - np.searchsorted(positives, positives, side="left"),
        positives_above=positives.size - np.searchsorted(positives, positives, side="right"),
    )


def _weighted_rank(targets: Bools, scores: Scores, weights: Floats) -> Ranking:
    counted = weights > 0
    positives = _Sums.of(scores[counted & targets], weights[counted & targets])
    negatives = _Sums.of(scores[counted & ~targets], weights[counted & ~targets])
    positives_from, positives_above = positives.at_or_above(positives.scores), positives.above(positives.scores)
    return Ranking(
        negatives=float(negatives.from_each[0]),
        all_from=positives_from + negatives.at_or_above(positives.scores),
        all_above=positives_above + negatives.above(positives.scores),
        positives_from=positives_from,
        positives_above=positives_above,
        weights=positives.weights,
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    """Ascending scores with their weights, and the sum of weights from each position on, with 0 at the end."""

    scores: Scores
    weights: Floats
    from_each: Floats

    @staticmethod
    def of(scores: Scores, weights: Floats) -> "_Sums":
        order = np.argsort(scores)
        ascending = weights[order]
        # Summed from the top, because a difference of two large sums would lose digits.
        return _Sums(scores[order], ascending, np.append(np.cumsum(ascending[::-1])[::-1], 0.0))

    def at_or_above(self, scores: Scores) -> Floats:
        return self.from_each[np.searchsorted(self.scores, scores, side="left")]

    def above(self, scores: Scores) -> Floats:
        return self.from_each[np.searchsorted(self.scores, scores, side="right")]


def ranking_metrics(targets: Bools, probabilities: Scores, weights: Weights = None) -> dict[str, float]:
    """Returns ROC-AUC and average precision, micro and macro. Macro average precision is mAP.

    Macro averages are over categories with at least one positive, for ROC-AUC also with at least one negative. Micro
    averages pool all pairs of paper and category. With `weights`, papers count by them.
    """
    micro = rank(targets.reshape(-1), probabilities.reshape(-1), pooled(weights, targets.shape[1]))
    by_category = rank_categories(targets, probabilities, weights)
    return {
        "roc_auc_micro": micro.roc_auc,
        "roc_auc_macro": mean(np.array([r.roc_auc for r in by_category if r.has_both])),
        "average_precision_micro": micro.average_precision,
        "average_precision_macro": mean(np.array([r.average_precision for r in by_category if r.has_positives])),
    }


def rank_categories(targets: Bools, probabilities: Scores, weights: Weights = None) -> list[Ranking]:
    """Returns the ranking of papers within each category, in column order."""
    columns = zip(np.ascontiguousarray(targets.T), np.ascontiguousarray(probabilities.T), strict=True)
    return [rank(column_targets, column, weights) for column_targets, column in columns]


def top_metrics(targets: Bools, probabilities: Scores, weights: Weights = None) -> dict[str, float]:
    """Returns precision@1/3/5, recall@5 and nDCG@5 over papers with at least one category.

    Categories of equal probability share their ranks evenly (McSherry and Najork 2008), so column order does not
    matter. Precision@k divides by k even if the taxonomy has fewer categories. With `weights`, papers count by them.
    """
    labelled = targets.any(axis=1)
    counted = None if weights is None else weights[labelled]
    by_paper = top_by_paper(targets[labelled], probabilities[labelled])
    return {name: mean(values, counted) for name, values in by_paper.items()}


def top_by_paper(targets: Bools, probabilities: Scores) -> dict[str, Floats]:
    """Returns the values of each paper of which `top_metrics` are the means. Each paper has at least one category."""
    actual = targets.sum(axis=1)
    relevance = expected_relevance(targets, probabilities, DEPTH)
    discounts = 1 / np.log2(np.arange(2, DEPTH + 2))
    ideal = np.cumsum(discounts)[np.minimum(actual, DEPTH) - 1]
    return {
        **{f"precision_at_{k}": relevance[:, :k].sum(axis=1) / k for k in (1, 3, 5)},
        f"recall_at_{DEPTH}": relevance.sum(axis=1) / actual,
        f"ndcg_at_{DEPTH}": relevance @ discounts[: relevance.shape[1]] / ideal,
    }


def expected_relevance(targets: Bools, probabilities: Scores, depth: int) -> Floats:
    """Returns the chance that the category at each of the first `depth` ranks is true.

    The shape is (papers, min(depth, categories)).
    """
    depth = min(depth, targets.shape[1])
    leaders = -np.sort(-probabilities, axis=1)[:, :depth]
    relevance = np.empty(leaders.shape)
    for position in range(depth):
        tied = probabilities == leaders[:, position, None]
        relevance[:, position] = (tied & targets).sum(axis=1) / tied.sum(axis=1)
    return relevance
