"""Fits the weight of each model of an ensemble on validation papers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from application.calibration.platt_scaling import negated_logits
from application.papers.sample_weights import Weights, pooled, weighted

# The inverse variance of the prior around equal weights. With thousands of papers it changes nothing. With a few papers
# that are separated without a mistake, it keeps the weights finite.
_PRECISION = 16.0
_MAX_STEPS = 50
_TOLERANCE = 1e-9
_TIED = 1e-6

Floats = NDArray[np.float64]


def fit_weights(
    targets: NDArray[np.generic], tables: Sequence[NDArray[np.float32]], papers: Weights = None
) -> tuple[float, ...]:
    """Returns one non-negative weight per table of probabilities, with sum 1.

    They are the slopes of a logistic regression of the true categories on the tables' logits (stacking, Wolpert 1992),
    divided by their sum. The calibration that follows sets the scale. The loss is convex, so there is one optimum and
    no grid search. A table with a non-positive slope is left out, and the others are fitted again.
    Arrays have shape (papers, categories). `papers` holds the weights of papers, or None if all count alike.
    """
    truth = targets.reshape(-1).astype(np.float64)
    logits = np.column_stack([-negated_logits(table).reshape(-1).astype(np.float64) for table in tables])
    kept = np.arange(len(tables))
    influence = pooled(papers, targets.shape[1])
    slopes = _fit(logits, truth, influence)
    while len(kept) > 1 and slopes.min() <= 0:
        worst = slopes <= slopes.min() + _TIED  # copies of a table are left out together, whatever their order
        if worst.all():
            slopes = np.ones(len(kept))
            break
        kept = kept[~worst]
        slopes = _fit(logits[:, kept], truth, influence)
    weights = np.zeros(len(tables))
    weights[kept] = slopes / slopes.sum() if len(kept) > 1 else 1.0
    return tuple(weights.tolist())


def _fit(logits: Floats, truth: Floats, influence: Weights) -> Floats:
    """Returns the slopes by Newton's method. A step that would raise the loss is halved until it does not."""
    count = logits.shape[1]
    evidence = np.column_stack((logits, np.ones(len(logits))))
    prior = np.append(np.full(count, 1 / count), 0.0)
    line, cost = prior, _cost(prior, evidence, truth, prior, influence)
    for _ in range(_MAX_STEPS):
        step = _newton_step(line, evidence, truth, prior, influence)
        while (
            np.abs(step).max() > _TOLERANCE and (moved := _cost(line - step, evidence, truth, prior, influence)) > cost
        ):
            step = step / 2
        if np.abs(step).max() <= _TOLERANCE:
            break
        line, cost = line - step, moved
    return line[:-1]


def _newton_step(line: Floats, evidence: Floats, truth: Floats, prior: Floats, influence: Weights) -> Floats:
    p = (1 + np.tanh(evidence @ line / 2)) / 2
    gradient = evidence.T @ weighted(p - truth, influence) + _PRECISION * (line - prior)
    hessian = (evidence * weighted(p * (1 - p), influence)[:, None]).T @ evidence + _PRECISION * np.eye(len(line))
    return np.asarray(np.linalg.solve(hessian, gradient), np.float64)


def _cost(line: Floats, evidence: Floats, truth: Floats, prior: Floats, influence: Weights) -> float:
    z = evidence @ line
    log_loss = weighted(np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))) - truth * z, influence)
    return float(log_loss.sum() + _PRECISION * ((line - prior) ** 2).sum() / 2)
