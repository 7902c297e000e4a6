"""The expected results of decisions, with intervals from resampled papers."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application.papers.sample_weights import Weights
from domain.policy import Expectation

Floats = NDArray[np.float64]
_DRAWS = 1000
_DRAWS_OF_MANY = 200
_MANY = 50_000
_AT_ONCE = 4_000


def expectations(
    targets: NDArray[np.bool_],
    given: NDArray[np.bool_],
    beside: NDArray[np.bool_],
    weights: Weights = None,
    *,
    seed: int = 0,
    draws: int | None = None,
) -> dict[str, Expectation]:
    """Returns the measures of decisions, with percentile intervals (Efron 1979) from 1,000 draws of the papers.

    All arrays have shape (papers, categories). `beside` marks the given categories beside the most probable one. More
    than 50,000 papers are drawn 200 times. Each draw counts a paper as often as a Poisson variable of mean 1 says,
    times its weight. Macro F1 averages over the categories with a positive. A share without anything in its denominator
    is 0. `draws` is another number of draws.
    """
    chance = np.random.default_rng(seed)
    draws = draws or (_DRAWS if len(targets) <= _MANY else _DRAWS_OF_MANY)
    sums = np.zeros((draws + 1, 3 * targets.shape[1] + 4))
    for rows in _parts(len(targets)):
        counts = np.ones((draws + 1, len(targets[rows])), np.float32)
        counts[1:] = chance.poisson(1.0, (draws, len(targets[rows])))
        if weights is not None:
            counts *= weights[rows].astype(np.float32)
        sums += counts @ _summed(targets[rows], given[rows], beside[rows])
    found = _measures(sums, targets.shape[1])
    low, high = ({name: np.percentile(values[1:], bound) for name, values in found.items()} for bound in (2.5, 97.5))
    return {name: _expectation(float(values[0]), low[name], high[name]) for name, values in found.items()}


def _parts(papers: int) -> Iterator[slice]:
    for start in range(0, papers, _AT_ONCE):
        yield slice(start, start + _AT_ONCE)


def _summed(targets: NDArray[np.bool_], given: NDArray[np.bool_], beside: NDArray[np.bool_]) -> NDArray[np.float32]:
    wrong = (beside & ~targets).sum(axis=1)
    own = (beside.sum(axis=1), wrong, wrong > 0, np.ones(len(targets)))
    return np.concatenate([targets & given, given, targets, np.stack(own, axis=1)], axis=1).astype(np.float32)


def _measures(sums: Floats, columns: int) -> Mapping[str, Floats]:
    right, given, actual = (sums[:, start * columns : (start + 1) * columns] for start in range(3))
    beside, wrong, wronged, papers = sums[:, -4:].T
    hits, said, true = right.sum(axis=1), given.sum(axis=1), actual.sum(axis=1)
    positive = actual > 0
    return {
        "micro_precision": _ratio(hits, said),
        "micro_recall": _ratio(hits, true),
        "micro_f1": _ratio(2 * hits, said + true),
        "macro_f1": _ratio((_ratio(2 * right, given + actual) * positive).sum(axis=1), positive.sum(axis=1)),
        "wrong_cross_lists": _ratio(wrong, beside),
        "wrongly_cross_listed": _ratio(wronged, papers),
        "categories_per_paper": _ratio(said, papers),
    }


def _expectation(value: float, low: float, high: float) -> Expectation:
    """Returns the numbers rounded to six decimals."""
    return Expectation(round(value, 6), round(min(value, float(low)), 6), round(max(value, float(high)), 6))


def _ratio(part: NDArray[np.floating], whole: NDArray[np.number[Any]]) -> Floats:
    ratio: Floats = np.asarray(part / np.where(whole > 0, whole, 1), np.float64)
    return ratio
