"""Scores of archives: whether a prediction is in the right archive even if its category is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.evaluation.outcome import Outcome
from application.evaluation.parts import archive_of
from application.metrics.decisions import Counts, count_by_category

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ArchiveScore:
    """One archive's precision, recall and F1. A paper is in each archive of its categories.

    `support` is the number of papers in it, or the sum of their weights.
    """

    archive: str
    support: float
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """Scores by archive, the largest first, with micro averages over archives (`archive_*`) and over both levels.

    `hierarchical_*` count categories and their archives together (Kiritchenko et al. 2006).
    """

    archives: tuple[ArchiveScore, ...]
    metrics: dict[str, float]


def hierarchy_of(outcome: Outcome) -> Hierarchy | None:
    """Returns the scores of archives, or None if categories have fewer than two archives."""
    archives = [archive_of(category, outcome.taxonomy) for category in outcome.taxonomy]
    names = list(dict.fromkeys(name for name in archives if name))
    if len(names) < 2:
        return None
    upper = count_by_category(
        _upwards(outcome.targets, archives, names), _upwards(outcome.predicted, archives, names), outcome.weights
    )
    lower = count_by_category(outcome.targets, outcome.predicted, outcome.weights)
    both = Counts(
        *(np.concatenate(pair) for pair in zip(_parts(lower), _parts(upper), strict=True)),
    )
    metrics = {**_averages("archive", upper.summed()), **_averages("hierarchical", both.summed())}
    columns = (upper.actual, upper.precision, upper.recall, upper.f1)
    rows = [ArchiveScore(name, *map(float, row)) for name, *row in zip(names, *columns, strict=True)]
    return Hierarchy(tuple(sorted(rows, key=lambda row: (-row.support, row.archive))), metrics)


def _upwards(decided: Bools, archives: Sequence[str | None], names: Sequence[str]) -> Bools:
    columns = [[place for place, own in enumerate(archives) if own == name] for name in names]
    return np.stack([decided[:, each].any(axis=1) for each in columns], axis=1)


def _parts(counts: Counts) -> tuple[NDArray[np.generic], ...]:
    return counts.hits, counts.predicted, counts.actual


def _averages(name: str, counts: Counts) -> dict[str, float]:
    values = {"precision": counts.precision, "recall": counts.recall, "f1": counts.f1}
    return {f"{name}_{each}": float(value[0]) for each, value in values.items()}
