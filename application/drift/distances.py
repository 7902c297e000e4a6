"""Distances between two distributions: PSI and KS of histograms, and MMD of vectors."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# What every bin gets in addition, so that an empty one gives no infinite distance.
_HALF_A_PAPER = 0.5


def psi(first: Floats, second: Floats) -> Floats:
    """Returns the population stability index of histograms in the last axis: the symmetric Kullback-Leibler divergence.

    Every bin counts half a paper more. Histograms without papers have no distance from any other, so 0.
    """
    left, right = _shares(first), _shares(second)
    return _where_filled(first, second, ((left - right) * np.log(left / right)).sum(axis=-1))


def ks(first: Floats, second: Floats) -> Floats:
    """Returns the Kolmogorov-Smirnov statistic of histograms in the last axis, whose bins are in order: from 0 to 1."""
    left, right = (
        np.cumsum(each, axis=-1) / np.maximum(each.sum(axis=-1, keepdims=True), 1e-12) for each in (first, second)
    )
    return _where_filled(first, second, np.abs(left - right).max(axis=-1))


def mmd(kernel: Floats, first: Floats, second: Floats) -> Floats:
    """Returns the maximum mean discrepancy of two weightings of the same vectors (Gretton and others, 2012).

    `kernel` has the kernel of all pairs, shape (vectors, vectors). `first` and `second` have weights that sum to 1 in
    the last axis. The biased estimate is returned, as a distance, not squared.
    """
    difference = first - second
    squared = np.einsum("...i,...i->...", difference @ kernel, difference)
    found: Floats = np.sqrt(np.maximum(squared, 0.0))
    return found


def rbf_kernel(vectors: NDArray[np.float32]) -> Floats:
    """Returns exp(-d^2 / m) of all pairs, where d is the distance of a pair and m the median of d^2."""
    products = (vectors @ vectors.T).astype(np.float64)
    norms = np.diag(products)
    squared = np.maximum(norms[:, None] + norms[None, :] - 2 * products, 0.0)
    apart = squared[~np.eye(len(squared), dtype=bool)]
    median = float(np.median(apart)) if apart.size else 1.0
    kernel: Floats = np.exp(-squared / (median or 1.0))
    return kernel


def _shares(histogram: Floats) -> Floats:
    filled = histogram + _HALF_A_PAPER
    shares: Floats = filled / filled.sum(axis=-1, keepdims=True)
    return shares


def _where_filled(first: Floats, second: Floats, distances: Floats) -> Floats:
    filled = (first.sum(axis=-1) > 0) & (second.sum(axis=-1) > 0)
    found: Floats = np.where(filled, distances, 0.0)
    return found
