"""Categories that occur together, in truth and in predictions, and those predicted in place of others."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.evaluation.outcome import Outcome
from application.papers.sample_weights import Weights, weighted
from domain.label import Label

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Square:
    """A value for each pair of some categories: row i, column j."""

    categories: tuple[Label, ...]
    values: Floats


@dataclass(frozen=True, slots=True)
class Confusion:
    """A category that was missed, one that was wrongly predicted for the same papers, and their number or weight."""

    missed: Label
    predicted: Label
    papers: float


def co_occurrences(outcome: Outcome, most: int) -> tuple[Square, Square]:
    """Returns the true and the predicted co-occurrence of the `most` categories that stand beside others most often.

    A value is the share of the papers of the row's category that also have the column's. It is NaN on the diagonal and
    in rows of a category without papers.
    """
    truth, predicted = _pairs(outcome.targets, outcome.weights), _pairs(outcome.predicted, outcome.weights)
    beside = truth.sum(axis=1) - np.diagonal(truth)
    chosen = np.sort(np.argsort(-beside, kind="stable")[:most])
    categories = tuple(outcome.taxonomy.categories[column] for column in chosen)
    return Square(categories, _shares(truth, chosen)), Square(categories, _shares(predicted, chosen))


def confusion(outcome: Outcome, most: int) -> tuple[Square, tuple[Confusion, ...]]:
    """Returns the numbers of papers by missed and wrongly predicted category, and the `most` frequent pairs.

    A paper with several such pairs counts in each. The square has the `most` categories that are in most pairs.
    """
    missed, wrong = outcome.targets & ~outcome.predicted, ~outcome.targets & outcome.predicted
    found = _pairs(missed, outcome.weights, wrong)
    chosen = np.sort(np.argsort(-(found.sum(axis=0) + found.sum(axis=1)), kind="stable")[:most])
    categories = outcome.taxonomy.categories
    square = Square(tuple(categories[column] for column in chosen), found[np.ix_(chosen, chosen)])
    order = np.argsort(-found, axis=None, kind="stable")[:most]
    places = [divmod(int(place), len(categories)) for place in order]
    pairs = (Confusion(categories[i], categories[j], float(found[i, j])) for i, j in places if found[i, j] > 0)
    return square, tuple(pairs)


def _pairs(left: NDArray[np.bool_], weights: Weights, right: NDArray[np.bool_] | None = None) -> Floats:
    other = left if right is None else right
    counted: Floats = weighted(left.astype(np.float32), weights).T @ other.astype(np.float32)
    return counted.astype(np.float64)


def _shares(pairs: Floats, chosen: NDArray[np.intp]) -> Floats:
    own = np.diagonal(pairs)[chosen]
    shares: Floats = pairs[np.ix_(chosen, chosen)] / np.where(own > 0, own, np.nan)[:, None]
    np.fill_diagonal(shares, np.nan)
    return shares
