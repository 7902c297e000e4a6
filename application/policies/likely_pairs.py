"""The pairs of paper and category that some threshold may give, and what papers get at a threshold."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.papers.sample_weights import Weights

Floats = NDArray[np.float64]
LEAST = 0.005


@dataclass(frozen=True, slots=True)
class Given:
    """One number per paper: given categories, right ones, given ones beside the most probable, and wrong ones of these.

    The arrays change when the next threshold is asked for.
    """

    given: Floats
    right: Floats
    beside: Floats
    wrong_beside: Floats


@dataclass(frozen=True, slots=True)
class LikelyPairs:
    """The pairs with a probability of at least .005, and how many categories each paper has.

    `papers`, `logits`, `true` and `beside` have one entry per pair. `beside` is false for a paper's most probable
    category.
    """

    papers: NDArray[np.intp]
    logits: Floats
    true: NDArray[np.bool_]
    beside: NDArray[np.bool_]
    actual: Floats
    weights: Weights = None

    def at_each(self, thresholds: Sequence[float]) -> Iterator[Given]:
        """Yields what papers get at each common threshold. The thresholds fall, so each pair is counted once."""
        order = np.argsort(-self.logits, kind="stable")
        papers, true, beside = self.papers[order], self.true[order], self.beside[order]
        marks = (np.ones(len(order), np.bool_), true, beside, beside & ~true)
        ends = np.searchsorted(-self.logits[order], [-logit(each) for each in thresholds], side="right")
        counts = [np.zeros(len(self.actual)) for _ in marks]
        start = 0
        for end in ends.tolist():
            for count, mark in zip(counts, marks, strict=True):
                np.add.at(count, papers[start:end][mark[start:end]], 1.0)
            start = end
            yield Given(*counts)


def likely_pairs(
    targets: NDArray[np.bool_],
    probabilities: NDArray[np.floating],
    weights: Weights = None,
    shifts: Floats | None = None,
) -> LikelyPairs:
    """Returns the pairs of arrays of shape (papers, categories). `shifts` are added to the logits of the columns."""
    logits = logits_of(probabilities.astype(np.float64)) + (0.0 if shifts is None else shifts)
    papers, columns = np.nonzero(logits >= logit(LEAST))
    top = probabilities.argmax(axis=1) if len(probabilities) else np.empty(0, np.intp)
    return LikelyPairs(
        papers,
        logits[papers, columns],
        targets[papers, columns],
        columns != top[papers],
        targets.sum(axis=1).astype(np.float64),
        weights,
    )


def logits_of(probabilities: Floats) -> Floats:
    """Returns the logits of probabilities, which are held a little from 0 and 1."""
    held = np.clip(probabilities, 1e-7, 1 - 1e-7)
    found: Floats = np.log(held / (1 - held))
    return found


def logit(threshold: float) -> float:
    """Returns the logit of one threshold."""
    return float(logits_of(np.array([threshold]))[0])
