"""Distances agree with scipy and scikit-learn."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from application.drift.distances import ks, mmd, psi, rbf_kernel
from tests.lazily import lazily

stats = lazily("scipy.stats")
pairwise = lazily("sklearn.metrics.pairwise")

histograms = st.lists(st.integers(0, 50), min_size=4, max_size=4).map(lambda counts: np.array(counts, float))


def test_psi_is_the_symmetric_divergence() -> None:
    """PSI is the sum of both Kullback-Leibler divergences, with half a paper more in every bin."""
    first, second = np.array([10.0, 0, 30]), np.array([5.0, 5, 5])
    smooth = [(each + 0.5) / (each + 0.5).sum() for each in (first, second)]
    wanted = stats.entropy(smooth[0], smooth[1]) + stats.entropy(smooth[1], smooth[0])
    np.testing.assert_allclose(psi(first, second), wanted)


def test_ks_is_that_of_scipy() -> None:
    """With a bin for each value, the statistic is scipy's."""
    chance = np.random.default_rng(0)
    first, second = chance.integers(0, 9, 200), chance.integers(2, 11, 150)
    found = ks(*(np.bincount(values, minlength=11).astype(float) for values in (first, second)))
    np.testing.assert_allclose(found, stats.ks_2samp(first, second).statistic)


def test_mmd_is_that_of_the_kernel_means() -> None:
    """The squared distance is the mean kernel within both samples, less twice that between them."""
    chance = np.random.default_rng(1)
    first, second = chance.normal(size=(20, 3)), chance.normal(1.0, size=(30, 3))
    both = np.concatenate([first, second]).astype(np.float32)
    kernel = rbf_kernel(both)
    distances = pairwise.euclidean_distances(both.astype(float)) ** 2
    median = np.median(distances[~np.eye(50, dtype=bool)])
    np.testing.assert_allclose(kernel, pairwise.rbf_kernel(both.astype(float), gamma=1 / median), atol=1e-4)
    weights = np.zeros((2, 50))
    weights[0, :20], weights[1, 20:] = 1 / 20, 1 / 30
    wanted = kernel[:20, :20].mean() + kernel[20:, 20:].mean() - 2 * kernel[:20, 20:].mean()
    np.testing.assert_allclose(mmd(kernel, weights[0], weights[1]) ** 2, wanted)


@given(histograms, histograms)
def test_distances_are_symmetric_and_zero_for_equals(first: np.ndarray, second: np.ndarray) -> None:
    """No distance is negative, KS is at most 1, the order does not count, and equal histograms are at distance 0."""
    for between in (psi, ks):
        assert between(first, second) >= 0
        np.testing.assert_allclose(between(first, second), between(second, first), atol=1e-12)
        assert between(first, first) == 0
    assert ks(first, second) <= 1


def test_no_papers_have_no_distance() -> None:
    """An empty histogram is at distance 0 from any other."""
    empty, other = np.zeros(3), np.array([1.0, 2, 3])
    assert psi(empty, other) == ks(empty, other) == ks(other, empty) == 0
