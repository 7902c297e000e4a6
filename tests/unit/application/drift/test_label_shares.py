"""Shares of labels are found without labels."""

import numpy as np
import pytest

from application.drift.label_shares import label_posteriors, shares_by_em, weights_for
from tests.lazily import lazily

optimize = lazily("scipy.optimize")

PRIOR = np.array([0.6, 0.3, 0.1])
MEANS = np.array([0.0, 2.0, 4.0])


def sample(shares: np.ndarray, papers: int, seed: int) -> np.ndarray:
    """Posteriors, under the prior, of papers with these shares. Each label's papers are normal around its mean."""
    chance = np.random.default_rng(seed)
    values = chance.normal(MEANS[chance.choice(3, papers, p=shares)])
    joint = PRIOR * np.exp(-((values[:, None] - MEANS) ** 2) / 2)
    posteriors: np.ndarray = joint / joint.sum(axis=1, keepdims=True)
    return posteriors


@pytest.mark.parametrize("shares", [[0.6, 0.3, 0.1], [0.1, 0.2, 0.7], [0.0, 1.0, 0.0]])
def test_finds_the_shares(shares: list[float]) -> None:
    """From exact posteriors, shares are found within a few hundredths, also those of absent labels."""
    np.testing.assert_allclose(shares_by_em(sample(np.array(shares), 4000, 0), PRIOR), shares, atol=0.04)


def test_finds_the_largest_likelihood() -> None:
    """The shares are those for which scipy finds the largest likelihood."""
    posteriors = sample(np.array([0.2, 0.5, 0.3]), 500, 1)

    def loss(free: np.ndarray) -> float:
        shares = np.exp(free) / np.exp(free).sum()
        return -float(np.log(posteriors @ (shares / PRIOR)).mean())

    best = optimize.minimize(loss, np.zeros(3), method="BFGS").x
    np.testing.assert_allclose(shares_by_em(posteriors, PRIOR), np.exp(best) / np.exp(best).sum(), atol=2e-3)


def test_weights_make_one_sample_stand_for_another() -> None:
    """Weighted reference papers have the label shares of the others, and their weights have mean 1."""
    reference, shares = sample(PRIOR, 4000, 2), np.array([0.2, 0.3, 0.5])
    weights = weights_for(reference, PRIOR, shares)
    assert weights.mean() == pytest.approx(1)
    counted = shares_by_em(reference, PRIOR, weights=weights)
    np.testing.assert_allclose(counted, shares, atol=0.04)


def test_expected_papers_keep_rare_labels() -> None:
    """With ten more papers of the prior's shares, an absent label keeps its part of the ten."""
    posteriors = np.array([[1.0, 0, 0]] * 30)
    np.testing.assert_allclose(shares_by_em(posteriors, PRIOR), [1, 0, 0], atol=1e-6)
    found = shares_by_em(posteriors, PRIOR, expected=10)
    np.testing.assert_allclose(found, [(30 + 6) / 40, 3 / 40, 1 / 40])


def test_no_weight_leaves_the_prior() -> None:
    """Papers that all count nothing say nothing."""
    np.testing.assert_array_equal(shares_by_em(sample(PRIOR, 5, 0), PRIOR, weights=np.zeros(5)), PRIOR)


def test_posteriors_of_labels_sum_to_one() -> None:
    """Two probable categories share a paper, and a paper without any is spread over all."""
    found = label_posteriors(np.array([[0.8, 0.8, 0.0], [0, 0, 0]], np.float32))
    np.testing.assert_allclose(found, [[0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]], atol=1e-5)
