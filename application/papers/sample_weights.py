"""The weights of papers that represent another population than the one they were drawn from."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.paper_columns import own_weights

# One non-negative number per paper, or None if all papers count alike.
Weights = NDArray[np.float64] | None


def weights_of(papers: Sequence[LabelledAbstract]) -> Weights:
    """Returns the weights of the papers, shape (papers,), or None if all are 1.

    Raises InvalidInputError if all are 0.
    """
    weights = np.array(own_weights(papers), np.float64)
    if (weights == 1.0).all():
        return None
    if not weights.any():
        raise InvalidInputError(f"All {len(papers):,} papers have the weight 0. Give some a greater one.")
    return weights


def ratios_of(papers: Sequence[LabelledAbstract]) -> Weights:
    """Returns the weights of the papers divided by their mean, so that a common factor has no effect."""
    weights = weights_of(papers)
    return None if weights is None else weights / weights.mean()


def effective_papers(weights: NDArray[np.float64]) -> float:
    """Returns the equivalent number of equally weighted papers (Kish 1965): the squared sum over the sum of squares."""
    greatest = weights.max(initial=0.0)
    relative = weights / (greatest or 1.0)  # squares of very small or large weights overflow float64
    return float(relative.sum() ** 2 / ((relative @ relative) or 1.0))


def weighted(values: NDArray[Any], weights: Weights) -> NDArray[Any]:
    """Returns the values of each paper times its weight, or the values themselves for None."""
    return values if weights is None else values * weights.reshape(-1, *(1,) * (values.ndim - 1))


def mean(values: NDArray[Any], weights: Weights = None) -> float:
    """Returns the mean, weighted if there are weights, or 0 if there are no values."""
    if weights is None:
        return float(values.astype(np.float64).mean()) if values.size else 0.0
    total = weights.sum()
    return float(values @ weights / total) if total > 0 else 0.0


def pooled(weights: Weights, columns: int) -> Weights:
    """Returns the weight of each pair of paper and column, in the order of `reshape(-1)`."""
    return None if weights is None else np.repeat(weights, columns)
