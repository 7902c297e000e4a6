"""Metrics of the ranking of categories within a paper."""

import numpy as np
from numpy.typing import NDArray

from application.papers.sample_weights import Weights, mean

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
# Pairs of paper and category that are ranked together, which bounds memory.
_PAIRS = 65_536


def label_ranking_metrics(
    targets: Bools, probabilities: NDArray[np.floating], weights: Weights = None
) -> dict[str, float]:
    """Returns the label ranking average precision (`lrap`) and the `coverage_error`, 0 without labelled papers.

    Both are means over papers with at least one category, as in Tsoumakas, Katakis and Vlahavas (2010). The coverage
    error is a number of categories, from 1. With `weights`, papers count by them.
    """
    labelled = targets.any(axis=1)
    precision, depth = rank_labels(targets[labelled], probabilities[labelled])
    counted = None if weights is None else weights[labelled]
    return {"lrap": mean(precision, counted), "coverage_error": mean(depth, counted)}


def rank_labels(targets: Bools, probabilities: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Returns each paper's ranking precision and depth, both 0 for a paper without categories.

    A category's rank is the number of categories with at least its probability. The precision is the mean, over true
    categories, of the share of true ones among those ranks. The depth is the rank of the last true category.
    """
    papers, columns = np.nonzero(targets)
    ranks, found = np.empty(len(papers), np.int64), np.empty(len(papers), np.int64)
    for start in range(0, len(papers), _PAIRS):
        part = slice(start, start + _PAIRS)
        rows = papers[part]
        above = probabilities[rows] >= probabilities[rows, columns[part]][:, None]
        ranks[part], found[part] = above.sum(axis=1), (above & targets[rows]).sum(axis=1)
    shares = np.bincount(papers, found / ranks, len(targets))
    depth = np.zeros(len(targets))
    np.maximum.at(depth, papers, ranks)
    return shares / np.maximum(targets.sum(axis=1), 1), depth
