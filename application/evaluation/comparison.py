"""Compares two models on the same papers and the categories that both know."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from application.evaluation.measuring import Measured
from application.evaluation.outcome import Outcome
from application.evaluation.resampling import interval
from application.metrics.intervals import Estimate
from application.metrics.multi_label import multilabel_metrics

# Of these metrics a lower value is better.
LOWER_IS_BETTER = frozenset({"hamming_loss", "coverage_error", "ece", "ece_likely"})


class Verdict(StrEnum):
    """The result of comparing two models: better, worse, or no difference shown by the papers."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric, or the F1 of a category, of two models. `change` is the second less the first, with its interval."""

    name: str
    reference: float
    candidate: float
    change: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences of a candidate from a reference.

    `categories` and `papers` say on how many both were measured. `only_reference` and `only_candidate` are the
    categories that the other does not know.
    """

    categories: int
    papers: int
    only_reference: int
    only_candidate: int
    metrics: tuple[Difference, ...]
    by_category: tuple[Difference, ...]


def compared(reference: Measured, candidate: Measured, whole: tuple[Outcome, Outcome]) -> Comparison:
    """Returns the differences of two models that were measured on the same papers with the same resamples.

    A difference whose 95 % interval holds 0 is `same`. `whole` are the outcomes on all categories of each model.
    """
    left, right = reference.outcome.taxonomy, candidate.outcome.taxonomy
    if left.categories != right.categories or (reference.outcome.rows != candidate.outcome.rows).any():
        raise ValueError("two models are compared on the same categories and papers")
    names = [name for name in reference.metrics if name in candidate.metrics]
    f1 = [(row.category.identifier, row.f1) for row in reference.categories]
    return Comparison(
        len(left),
        len(reference.outcome.rows),
        len(whole[0].taxonomy) - len(left),
        len(whole[1].taxonomy) - len(right),
        tuple(
            difference(
                name,
                (reference.metrics[name].value, candidate.metrics[name].value),
                candidate.resampled[name] - reference.resampled[name],
            )
            for name in names
        ),
        tuple(
            difference(name, (value, other.f1), moved)
            for (name, value), other, moved in zip(
                f1, candidate.categories, (candidate.resampled_f1 - reference.resampled_f1).T, strict=True
            )
        ),
    )


def difference(name: str, values: tuple[float, float], resampled: NDArray[np.float64]) -> Difference:
    """Returns the difference of two values, given that of each resample."""
    change = interval(values[1] - values[0], resampled)
    return Difference(name, *values, change, verdict(change, lower_is_better=name in LOWER_IS_BETTER))


def verdict(change: Estimate, *, lower_is_better: bool = False) -> Verdict:
    """Returns `better` or `worse` if the whole interval of a change lies on one side of 0, else `same`."""
    if change.low <= 0 <= change.high:
        return Verdict.SAME
    return Verdict.BETTER if (change.low > 0) != lower_is_better else Verdict.WORSE


def disagreements(left: Outcome, right: Outcome, most: int) -> list[tuple[int, float]]:
    """Returns the positions of the papers on which two models disagree most, with how far their probabilities differ.

    The distance is the sum over the shared categories of the differences of probability. Both outcomes have the same
    papers and categories.
    """
    distances = np.abs(left.probabilities - right.probabilities).sum(axis=1)
    order = np.argsort(-distances, kind="stable")[:most]
    return [(int(place), float(distances[place])) for place in order if distances[place] > 0]


def worse_by(name: str, reference: Mapping[str, float], candidate: Mapping[str, float]) -> float:
    """Returns how much worse a candidate's metric is, below 0 if it is better."""
    change = candidate[name] - reference[name]
    return change if name in LOWER_IS_BETTER else -change


def metric_names() -> tuple[str, ...]:
    """Returns the names of all metrics by which models are compared."""
    one = np.ones((1, 1), np.float32)
    return tuple(multilabel_metrics(one, one, [0.5]))
