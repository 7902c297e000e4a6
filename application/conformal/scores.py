"""Scores of validation papers for conformal sets, and the least probability of a category in such a set."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from application.papers.sample_weights import Weights
from domain.category import Category
from domain.conformal import ConformalScores
from domain.errors import InvalidInputError
from domain.taxonomy import Taxonomy

# Groups with fewer papers share one quantile.
LEAST_OF_GROUP = 100
LEAST_PAPERS = 20
_REST = ""


def conformal_scores(
    targets: NDArray[np.generic], probabilities: NDArray[np.floating], taxonomy: Taxonomy, weights: Weights = None
) -> ConformalScores | None:
    """Returns the scores of the papers that have one of the categories and whose weight is above 0, or None of fewer
    than 20 papers.

    Targets and probabilities have shape (papers, categories). The probabilities are calibrated without these papers.
    """
    truth = targets.astype(np.bool_, copy=False)
    rows = truth.any(axis=1) if weights is None else truth.any(axis=1) & (weights > 0)
    if rows.sum() < LEAST_PAPERS:
        return None
    least = least_true_probabilities(truth[rows], probabilities[rows])
    groups = np.array(groups_of(taxonomy))[probabilities[rows].argmax(axis=1)]
    names = sorted(set(groups.tolist()))
    kept = {} if weights is None else {name: _floats(weights[rows][groups == name]) for name in names}
    return ConformalScores({name: _floats(least[groups == name]) for name in names}, kept)


def least_true_probabilities(truth: NDArray[np.bool_], probabilities: NDArray[np.floating]) -> NDArray[np.floating]:
    """Returns the probability of each paper's least probable true category. Each paper has a true category."""
    least: NDArray[np.floating] = np.where(truth, probabilities, probabilities.dtype.type(2)).min(axis=1)
    return least


def groups_of(taxonomy: Taxonomy) -> list[str]:
    """Returns the group of each column: the archive of a category, and one group for all labels of another kind."""
    return [each.archive if isinstance(each, Category) else _REST for each in taxonomy]


def quantile(scores: NDArray[np.float64], coverage: float, weights: Weights = None) -> float | None:
    """Returns the least score q such that a new paper's score is at most q with probability `coverage`.

    This is the k-th smallest of n scores, k = ceil((n + 1) * coverage) (Vovk et al. 2005). With `weights` a score
    counts by its weight, and n is the effective number of papers. None means that there are too few scores.
    """
    order = np.argsort(scores, kind="stable")
    counts = np.ones(len(scores)) if weights is None else weights[order].astype(np.float64)
    total = counts.sum()
    if not total > 0:
        return None
    effective = total**2 / np.square(counts).sum()
    # A tolerance, since (n + 1) * coverage may be a whole number that floats miss.
    place = int(np.searchsorted(np.cumsum(counts) / total * effective, (effective + 1) * coverage - 1e-9))
    return float(scores[order][place]) if place < len(scores) else None


@lru_cache(maxsize=32)
def least_probabilities(fit: ConformalScores, coverage: float, taxonomy: Taxonomy) -> NDArray[np.float32]:
    """Returns, for each column, the least probability of a category in the set of a paper whose most probable category
    is this column.

    Archives with at least 100 papers have a quantile of their own, the others share one. Raises InvalidInputError for a
    coverage that so few papers cannot promise, with the highest that they can.
    """
    if not 0 < coverage < 1:
        raise InvalidInputError(f"A coverage is a number between 0 and 1, such as 0.95, not {coverage!r}.")
    overall = _quantile_of(fit, list(fit.least), coverage)
    if overall is None:
        highest = fit.papers / (fit.papers + 1)
        raise InvalidInputError(
            f"A coverage of {coverage:g} takes more than the {fit.papers:,} papers that this model has scores of. Ask "
            f"for at most {np.floor(highest * 1e4) / 1e4:g}, or add scores of more papers with `models tune`."
        )
    own = {name: _quantile_of(fit, names, coverage) for names in _pools(fit) for name in names}
    cuts = [own.get(group) for group in groups_of(taxonomy)]
    return np.array([1.0 - (overall if cut is None else cut) for cut in cuts], np.float32)


def _pools(fit: ConformalScores) -> Sequence[Sequence[str]]:
    large = [[name] for name, least in fit.least.items() if len(least) >= LEAST_OF_GROUP]
    small = [name for name, least in fit.least.items() if len(least) < LEAST_OF_GROUP]
    enough = sum(len(fit.least[name]) for name in small) >= LEAST_OF_GROUP
    return [*large, small] if enough else large


def _quantile_of(fit: ConformalScores, names: Sequence[str], coverage: float) -> float | None:
    scores = 1.0 - _joined(fit.least, names)
    return quantile(scores, coverage, _joined(fit.weights, names) if fit.weights else None)


def _joined(parts: Mapping[str, tuple[float, ...]], names: Sequence[str]) -> NDArray[np.float64]:
    return np.array([value for name in names for value in parts[name]], np.float64)


def _floats(values: NDArray[np.floating]) -> tuple[float, ...]:
    """Returns values as a bundle keeps them, in float32."""
    return tuple(values.astype(np.float32).tolist())
