"""Shares of labels in papers without labels, by expectation maximisation.

Saerens, Latinne, Decaestecker, Adjusting the outputs of a classifier to new a priori probabilities (2002). A paper has
several categories, so the exclusive event is that a label drawn from its labels is of a category.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_MOST_STEPS = 200
_SETTLED = 1e-4
_LEAST = 1e-6


def label_posteriors(probabilities: NDArray[np.float32]) -> Floats:
    """Returns the probabilities that a label drawn from a paper's labels is of each category.

    Both arrays have the shape (papers, categories). Each row sums to 1.
    """
    positive = np.maximum(probabilities.astype(np.float64), _LEAST)
    posteriors: Floats = positive / positive.sum(axis=1, keepdims=True)
    return posteriors


def shares_by_em(
    posteriors: Floats,
    prior: Floats,
    *,
    weights: Floats | None = None,
    start: Floats | None = None,
    expected: float = 0.0,
) -> Floats:
    """Returns the shares of labels under which the papers are most likely, shape (categories,).

    `posteriors` hold for papers whose labels have the shares `prior`. The texts of a category are assumed to stay the
    same. `weights` say how often each paper counts, and `start` is where the search begins, by default the prior.
    `expected` more papers with the prior's shares keep rare labels of few papers from vanishing.
    """
    counts = np.ones(len(posteriors)) if weights is None else weights
    if not counts.sum():
        return prior
    share = counts / (counts.sum() + expected)
    kept = prior * (expected / (counts.sum() + expected))
    found: Floats = np.maximum(prior if start is None else start, _LEAST)
    found = found / found.sum()
    for _ in range(_MOST_STEPS):
        adapted = posteriors * (found / np.maximum(prior, _LEAST))
        adapted /= adapted.sum(axis=1, keepdims=True)
        better = share @ adapted + kept
        settled = np.abs(better - found).sum() < _SETTLED
        found = better
        if settled:
            break
    return found


def weights_for(posteriors: Floats, prior: Floats, shares: Floats) -> Floats:
    """Returns the weights of papers that make a sample with label shares `prior` stand for one with `shares`.

    They have mean 1.
    """
    weights = posteriors @ (shares / np.maximum(prior, _LEAST))
    scaled: Floats = weights / weights.mean() if len(weights) else weights
    return scaled
