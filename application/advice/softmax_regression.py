"""Multinomial logistic regression around a given start, with a normal prior: fitted and applied with numpy alone."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = 100
# Newton steps smaller than this change no probability that anybody sees.
_TOLERANCE = 1e-4
_INTERCEPT_PRECISION = 2.0


def fit_softmax(
    evidence: Floats, start: Floats, classes: NDArray[np.intp], precision: float, weights: Floats | None = None
) -> tuple[Floats, Floats]:
    """Returns weights of shape (features, classes) and intercepts that make `classes` most probable under the prior.

    The probabilities are `softmax(start + evidence @ weights + intercepts)`; `start` has shape (papers, classes) and
    `evidence` shape (papers, features), best with columns of standard deviation 1. `precision` is one over the variance
    of the weights' prior around 0. Each step solves with the Hessian's upper bound (Boehning 1992) and has Nesterov's
    momentum, so that no step size is to be chosen.
    """
    inputs = np.column_stack((evidence, np.ones(len(evidence))))
    counts = np.ones(len(evidence)) if weights is None else weights
    penalty = np.full(inputs.shape[1], precision)
    penalty[-1] = _INTERCEPT_PRECISION
    bound = 0.5 * (inputs * counts[:, None]).T @ inputs + np.diag(penalty)
    rows = np.arange(len(classes))
    inverse = np.linalg.inv(bound)
    held = ahead = np.zeros((inputs.shape[1], start.shape[1]))
    momentum = 1.0
    for _ in range(_STEPS):
        residuals = softmax(start + inputs @ ahead)
        residuals[rows, classes] -= 1
        residuals *= counts[:, None]
        moved = ahead - inverse @ (inputs.T @ residuals + penalty[:, None] * ahead)
        step, held = moved - held, moved
        if np.abs(step).max() < _TOLERANCE:
            break
        following = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead = held + (momentum - 1) / following * step
        momentum = following
    return held[:-1], held[-1]


def softmax(logits: Floats) -> Floats:
    """Returns the probabilities of each row's classes."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: Floats = powers / powers.sum(axis=1, keepdims=True)
    return probabilities
