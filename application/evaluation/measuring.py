"""Measures an outcome with intervals: overall, by category and by part of the papers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.evaluation.decision_resamples import part_values, resample_decisions
from application.evaluation.outcome import Outcome
from application.evaluation.parts import Part
from application.evaluation.ranking_resamples import resample_rankings
from application.evaluation.resampling import interval
from application.metrics.intervals import Estimate
from application.metrics.multi_label import CategoryMetrics, category_metrics, multilabel_metrics

DECISION_RESAMPLES, RANKING_RESAMPLES = 1000, 200
# Papers that are drawn twice raise calibration errors, and resamples that lack a rare category leave it out of these
# means. So their resamples are moved to the value of all papers.
_MOVED = ("ece", "ece_likely", "average_precision_macro", "roc_auc_macro")


@dataclass(frozen=True, slots=True)
class PartScore:
    """The metrics of one part of the papers with their intervals."""

    by: str
    name: str
    papers: int
    metrics: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Measured:
    """The metrics of an outcome with 95 % intervals.

    `category_f1` has the interval of each category's F1 in column order. `resampled` and `resampled_f1` are the values
    of each resample, which comparisons of models need.
    """

    outcome: Outcome
    metrics: Mapping[str, Estimate]
    categories: tuple[CategoryMetrics, ...]
    category_f1: tuple[Estimate, ...]
    parts: tuple[PartScore, ...]
    resampled: Mapping[str, NDArray[np.float64]]
    resampled_f1: NDArray[np.float64]


def measured(outcome: Outcome, *, seed: int, parts: Sequence[Part] = (), rankings: bool = True) -> Measured:
    """Returns the metrics of an outcome whose papers all have a category.

    Papers are drawn again 1,000 times, for average precision, ROC-AUC and calibration errors 200 times. Without
    `rankings`, those have no interval and are left out.
    """
    truth, probabilities, weights = outcome.targets, outcome.probabilities, outcome.weights
    values = multilabel_metrics(truth, probabilities, outcome.thresholds, weights)
    decisions = resample_decisions(outcome, DECISION_RESAMPLES, seed=seed, parts=[part.papers for part in parts])
    resampled = dict(decisions.metrics)
    if rankings:
        resampled |= resample_rankings(outcome, RANKING_RESAMPLES, seed=seed)
        for name in _MOVED:
            resampled[name] = resampled[name] + values[name] - np.median(resampled[name])
    categories = category_metrics(truth, probabilities, outcome.thresholds, outcome.taxonomy, weights)
    return Measured(
        outcome,
        {name: interval(value, resampled[name]) for name, value in values.items() if name in resampled},
        categories,
        tuple(interval(row.f1, f1) for row, f1 in zip(categories, decisions.category_f1.T, strict=True)),
        tuple(_part_score(outcome, part, drawn) for part, drawn in zip(parts, decisions.parts, strict=True)),
        resampled,
        decisions.category_f1,
    )


def _part_score(outcome: Outcome, part: Part, drawn: Mapping[str, NDArray[np.float64]]) -> PartScore:
    values = part_values(outcome, part.papers)
    found = {name: interval(value, drawn[name]) for name, value in values.items()}
    return PartScore(part.by, part.name, len(part.papers), found)
