"""Resamples of the metrics that need an order of all papers: average precision, ROC-AUC and calibration error."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.evaluation.likely_errors import LikelyErrors
from application.evaluation.outcome import Outcome
from application.evaluation.resampling import resamples
from application.metrics.calibration_error import BINS

Floats = NDArray[np.float64]
# Micro averages tell at most this many scores of positives apart. With more, average precision changes in the fourth
# decimal, and 12,000 papers take a tenth of the time.
_EDGES = 512
# Papers whose pairs are counted at once, which bounds memory.
_PAPERS = 8192


def resample_rankings(outcome: Outcome, number: int, *, seed: int) -> dict[str, Floats]:
    """Returns the metrics of `ranking_metrics` and both calibration errors of resampled papers, shape (resamples,).

    Each resample's metrics are those of the papers with its counts as weights. Micro averages take close scores for
    equal if there are more than 512 different ones among positives.
    """
    width = outcome.targets.shape[1]
    columns = [_Order.of(outcome.targets[:, c], outcome.probabilities[:, c]) for c in range(width)]
    bins, likely = list(_bins(outcome)), LikelyErrors.of(outcome)
    found: dict[str, list[Floats]] = {}
    for counts in resamples(len(outcome.targets), number, seed=seed, weights=outcome.weights):
        rows: NDArray[np.floating] = counts.astype(np.float32) if outcome.weights is None else counts
        for name, values in {
            **_macro(columns, rows),
            **_micro(outcome, counts),
            "ece": _classwise(bins, counts) / np.maximum(counts.sum(axis=0) * width, 1e-300),
            "ece_likely": likely.resampled(counts),
        }.items():
            found.setdefault(name, []).append(values)
    return {name: np.concatenate(parts) for name, parts in found.items()}


@dataclass(frozen=True, slots=True)
class _Order:
    """Scores in falling order: the paper of each place, the places of the positives, and the ends of equal scores.

    `ends` and `starts` are, for each positive, the last place with its score and the first one. `last` and `first` are
    the same among the positives.
    """

    papers: NDArray[np.intp]
    positives: NDArray[np.intp]
    ends: NDArray[np.intp]
    starts: NDArray[np.intp]
    last: NDArray[np.intp]
    first: NDArray[np.intp]

    @staticmethod
    def of(targets: NDArray[np.bool_], scores: NDArray[np.float32]) -> "_Order":
        order = np.argsort(-scores, kind="stable")
        falling = -scores[order]
        positives = np.flatnonzero(targets[order])
        own = falling[positives]
        return _Order(
            order,
            positives,
            np.searchsorted(falling, own, side="right") - 1,
            np.searchsorted(falling, own, side="left"),
            np.searchsorted(own, own, side="right") - 1,
            np.searchsorted(own, own, side="left"),
        )

    def ranked(self, rows: NDArray[np.floating]) -> tuple[Floats, Floats]:
        """Returns average precision and ROC-AUC of each resample; NaN if it lacks positives, or either of both."""
        counted = rows.take(self.papers, axis=0)
        weights = counted[self.positives].astype(np.float64)
        summed = np.cumsum(counted, axis=0, out=counted)
        total = summed[-1].astype(np.float64)
        hits = _from_zero(np.cumsum(weights, axis=0))
        from_, above = summed[self.ends].astype(np.float64), _before(summed, self.starts)
        hits_from, hits_above = hits[self.last + 1], hits[self.first]
        positives = hits[-1]
        precision = hits_from / np.where(from_ > 0, from_, 1)
        ahead = ((above - hits_above) + (from_ - hits_from)) / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            average = (weights * precision).sum(axis=0) / positives
            negatives = total - positives
            area = 1 - (weights * ahead).sum(axis=0) / (positives * negatives)
        return average, area


def _before(summed: NDArray[np.floating], starts: NDArray[np.intp]) -> Floats:
    earlier = summed[np.maximum(starts - 1, 0)].astype(np.float64)
    earlier[starts == 0] = 0
    return earlier


def _from_zero(sums: Floats) -> Floats:
    return np.concatenate((np.zeros((1, sums.shape[1])), sums))


def _macro(columns: list[_Order], rows: NDArray[np.floating]) -> dict[str, Floats]:
    found = [each.ranked(rows) for each in columns]
    precision, area = (np.stack(parts) for parts in zip(*found, strict=True))
    return {"average_precision_macro": _mean(precision), "roc_auc_macro": _mean(area)}


def _mean(values: Floats) -> Floats:
    """Returns the mean over the categories for which a metric is defined, 0 if there are none."""
    defined = np.isfinite(values)
    sums: Floats = np.where(defined, values, 0).sum(axis=0) / np.maximum(defined.sum(axis=0), 1)
    return sums


def _micro(outcome: Outcome, counts: Floats) -> dict[str, Floats]:
    """Returns the averages over all pairs. Pairs are counted by the place of their score among those of positives."""
    edges = _edges(outcome)
    sizes, hits = np.zeros((2, 2 * len(edges) + 1, counts.shape[1]))
    for start in range(0, len(outcome.targets), _PAPERS):
        part = slice(start, start + _PAPERS)
        single = counts[part].astype(np.float32)
        places = _places(outcome.probabilities[part], edges)
        sizes += _counted(places, None, 2 * len(edges) + 1).T @ single
        hits += _counted(places, outcome.targets[part], 2 * len(edges) + 1).T @ single
    from_, hits_from = np.cumsum(sizes[::-1], axis=0)[::-1], np.cumsum(hits[::-1], axis=0)[::-1]
    positives, negatives = hits_from[0], from_[0] - hits_from[0]
    ahead = (from_ - hits_from) - (sizes - hits) / 2
    return {
        "average_precision_micro": (hits * hits_from / _held(from_)).sum(axis=0) / _held(positives),
        "roc_auc_micro": np.where(
            (positives > 0) & (negatives > 0),
            1 - (hits * ahead).sum(axis=0) / _held(positives) / _held(negatives),
            0,
        ),
    }


def _edges(outcome: Outcome) -> NDArray[np.float32]:
    distinct = np.unique(outcome.probabilities[outcome.targets])
    return distinct[np.unique(np.linspace(0, max(len(distinct) - 1, 0), _EDGES).astype(np.intp))]


def _places(probabilities: NDArray[np.float32], edges: NDArray[np.float32]) -> NDArray[np.intp]:
    """Returns the place of each probability: 0 below all edges, then odd on an edge and even between two."""
    return np.searchsorted(edges, probabilities, side="left") + np.searchsorted(edges, probabilities, side="right")


def _counted(places: NDArray[np.intp], chosen: NDArray[np.bool_] | None, width: int) -> NDArray[np.float32]:
    """Returns how many pairs of each paper lie at each place, shape (papers, places)."""
    cells = places + width * np.arange(len(places))[:, None]
    found = np.bincount(cells.reshape(-1) if chosen is None else cells[chosen], minlength=len(places) * width)
    return found.reshape(len(places), width).astype(np.float32)


def _held(sums: Floats) -> Floats:
    """Returns the sums with 1 in place of 0, because a metric without papers is 0."""
    return np.where(sums > 0, sums, 1.0)


def _bins(outcome: Outcome) -> Iterator[NDArray[np.float32]]:
    """Yields for each category the errors of its papers by bin, shape (papers, bins)."""
    papers = np.arange(len(outcome.targets))
    for truth, column in zip(outcome.targets.T, outcome.probabilities.T, strict=True):
        errors = np.zeros((len(papers), BINS), np.float32)
        errors[papers, np.minimum((column * BINS).astype(np.intp), BINS - 1)] = column - truth
        yield errors


def _classwise(bins: list[NDArray[np.float32]], counts: Floats) -> Floats:
    single = counts.astype(np.float32)
    gaps = [np.abs(errors.T @ single).sum(axis=0, dtype=np.float64) for errors in bins]
    total: Floats = np.sum(gaps, axis=0)
    return total
