"""Multinomial logistic regression in numpy agrees with scipy's optimiser."""

import numpy as np
from numpy.typing import NDArray

from application.advice.softmax_regression import fit_softmax, softmax

Floats = NDArray[np.float64]


def drawn(papers: int, seed: int) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Evidence, start and classes that follow from both."""
    random = np.random.default_rng(seed)
    evidence, start = random.normal(size=(papers, 3)), random.normal(size=(papers, 4))
    logits = start + evidence @ random.normal(size=(3, 4))
    classes = np.array([random.choice(4, p=row) for row in softmax(logits)])
    return evidence, start, classes


def test_the_fit_is_the_minimum_that_scipy_finds() -> None:
    """No weights have a lower penalised log loss than those found, papers counted by their weights."""
    from scipy.optimize import minimize

    evidence, start, classes = drawn(300, 0)
    counts = np.random.default_rng(1).uniform(0, 2, 300)

    def loss(flat: Floats) -> float:
        rows = flat.reshape(4, 4)
        found = softmax(start + evidence @ rows[:3] + rows[3])[np.arange(300), classes]
        return float(-counts @ np.log(found) + 15 * (rows[:3] ** 2).sum() + (rows[3] ** 2).sum())

    weights, intercepts = fit_softmax(evidence, start, classes, 30.0, counts)
    ours = np.vstack((weights, intercepts))
    oracle = minimize(loss, np.zeros(16), method="BFGS").x.reshape(4, 4)
    assert np.abs(ours - oracle).max() < 2e-3
    assert loss(ours.ravel()) < loss(np.zeros(16)) - 5


def test_probabilities_add_up_however_large_the_logits() -> None:
    """Logits of a thousand neither overflow nor lose the sum."""
    found = softmax(np.array([[1000.0, 999.0, -1000.0]]))
    assert np.isclose(found.sum(), 1)
    assert np.isclose(found[0, 0], 1 / (1 + np.exp(-1)))
