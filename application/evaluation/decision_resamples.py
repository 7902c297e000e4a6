"""Resamples of the metrics that are sums over papers: decisions, first ranks, and ranking within a paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.evaluation.outcome import Outcome
from application.evaluation.resampling import resamples
from application.metrics.decisions import Counts, count
from application.metrics.label_ranking import rank_labels
from application.metrics.ranking import top_by_paper

Floats = NDArray[np.float64]
# The metrics of a part of the papers.
PART_METRICS = ("micro_precision", "micro_recall", "micro_f1", "precision_at_1", "lrap")


@dataclass(frozen=True, slots=True)
class DecisionResamples:
    """Metrics by name, each of shape (resamples,), and F1 by category, shape (resamples, categories).

    `parts` has the metrics of each part of the papers in the order given.
    """

    metrics: Mapping[str, Floats]
    category_f1: Floats
    parts: tuple[Mapping[str, Floats], ...]


def resample_decisions(
    outcome: Outcome, number: int, *, seed: int, parts: Sequence[NDArray[np.intp]] = ()
) -> DecisionResamples:
    """Returns the metrics of resampled papers. `parts` are positions of papers in the outcome.

    The metrics are those of `decision_metrics`, `top_metrics` and `label_ranking_metrics` with the resample's counts
    as weights. All papers need at least one category.
    """
    hits, predicted, actual = _decided(outcome)
    by_paper = _by_paper(outcome)
    columns = np.concatenate([hits, predicted, actual, np.stack(list(by_paper.values()), 1)], 1, dtype=np.float32)
    narrow = _part_columns(by_paper)
    sums, part_sums = [], []
    for counts in resamples(len(outcome.targets), number, seed=seed, weights=outcome.weights):
        single = counts.astype(np.float32)
        sums.append((columns.T @ single).astype(np.float64).T)
        part_sums.append([(narrow[part].T @ single[part]).astype(np.float64).T for part in parts])
    whole = np.concatenate(sums) if sums else np.zeros((0, columns.shape[1]))
    of_parts = [np.concatenate(each) for each in zip(*part_sums, strict=True)]
    metrics, category_f1 = _metrics(whole, list(by_paper), outcome.targets.shape[1])
    return DecisionResamples(metrics, category_f1, tuple(map(_part_metrics, of_parts)))


def part_values(outcome: Outcome, part: NDArray[np.intp]) -> dict[str, float]:
    """Returns the metrics of one part of the papers, as in `DecisionResamples.parts`."""
    chosen = outcome.of(np.isin(np.arange(len(outcome.targets)), part))
    narrow = _part_columns(_by_paper(chosen)).astype(np.float64)
    sums = narrow.sum(axis=0) if chosen.weights is None else chosen.weights @ narrow
    return {name: float(values[0]) for name, values in _part_metrics(sums[None, :]).items()}


def _decided(outcome: Outcome) -> tuple[NDArray[np.bool_], ...]:
    predicted = outcome.predicted
    return outcome.targets & predicted, predicted, outcome.targets


def _by_paper(outcome: Outcome) -> dict[str, Floats]:
    """Returns the values of each paper by name, of which metrics are means."""
    counts = count(outcome.targets, outcome.predicted, axis=1)
    precision, depth = rank_labels(outcome.targets, outcome.probabilities)
    return {
        "papers": np.ones(len(outcome.targets)),
        "hits": counts.hits,
        "predicted": counts.predicted,
        "actual": counts.actual,
        "samples_precision": counts.precision,
        "samples_recall": counts.recall,
        "samples_f1": counts.f1,
        "hamming_loss": counts.misses / max(outcome.targets.shape[1], 1),
        "subset_accuracy": counts.misses == 0,
        **top_by_paper(outcome.targets, outcome.probabilities),
        "lrap": precision,
        "coverage_error": depth,
    }


def _metrics(sums: Floats, names: Sequence[str], width: int) -> tuple[dict[str, Floats], Floats]:
    counts = Counts(sums[:, :width], sums[:, width : 2 * width], sums[:, 2 * width : 3 * width])
    totals = dict(zip(names, sums[:, 3 * width :].T, strict=True))
    papers = _held(totals["papers"])
    metrics = _micro(totals)
    for averaging, shares in (("macro", counts.actual > 0), ("weighted", counts.actual)):
        whole = _held(shares.sum(axis=1).astype(np.float64))
        for name, values in (("precision", counts.precision), ("recall", counts.recall), ("f1", counts.f1)):
            metrics[f"{averaging}_{name}"] = (values * shares).sum(axis=1) / whole
    means = {name: total / papers for name, total in totals.items() if name not in _COUNTED}
    return {**metrics, **means}, counts.f1


_COUNTED = ("papers", "hits", "predicted", "actual")


def _part_columns(by_paper: Mapping[str, Floats]) -> NDArray[np.float32]:
    names = (*_COUNTED, "precision_at_1", "lrap")
    return np.stack([by_paper[name] for name in names], 1).astype(np.float32)


def _part_metrics(sums: Floats) -> dict[str, Floats]:
    totals = dict(zip((*_COUNTED, "precision_at_1", "lrap"), sums.T, strict=True))
    papers = _held(totals["papers"])
    return {**_micro(totals), **{name: totals[name] / papers for name in ("precision_at_1", "lrap")}}


def _micro(totals: Mapping[str, Floats]) -> dict[str, Floats]:
    counts = Counts(totals["hits"], totals["predicted"], totals["actual"])
    return {"micro_precision": counts.precision, "micro_recall": counts.recall, "micro_f1": counts.f1}


def _held(sums: Floats) -> Floats:
    """Returns the sums with 1 in place of 0, because a metric of no papers is 0."""
    return np.where(sums > 0, sums, 1.0)
