"""Calibration errors of likely pairs of paper and category, of resampled papers or of truth drawn anew."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.calibration.platt_scaling import twins_of
from application.evaluation.outcome import Outcome
from application.metrics.calibration_error import BINS, LIKELY

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LikelyErrors:
    """The pairs with a probability of at least .05 in rising order.

    `papers` has the place of each pair's paper, `masses` its weight, `values` its probability and `errors` the
    probability less the truth. `ends` are the last places of equal probabilities. Pairs of a paper with a category and
    its twin have one number in `drawn_with`.
    """

    papers: NDArray[np.intp]
    masses: Floats
    values: Floats
    errors: Floats
    ends: NDArray[np.intp]
    drawn_with: NDArray[np.intp]

    @staticmethod
    def of(outcome: Outcome) -> "LikelyErrors":
        """Returns the pairs of an outcome."""
        papers, columns = np.nonzero(outcome.probabilities >= LIKELY)
        values = outcome.probabilities[papers, columns].astype(np.float64)
        order = np.argsort(values, kind="stable")
        papers, columns, rising = papers[order], columns[order], values[order]
        ends = np.flatnonzero(np.append(rising[1:] != rising[:-1], True)) if len(rising) else np.empty(0, np.intp)
        masses = np.ones(len(papers)) if outcome.weights is None else outcome.weights[papers].astype(np.float64)
        errors = rising - outcome.targets[papers, columns]
        return LikelyErrors(papers, masses, rising, errors, ends, _shared(papers, columns, outcome))

    def resampled(self, counts: Floats) -> Floats:
        """Returns the error of each resample, as `likely_calibration_error` does.

        `counts` says how much each paper counts, shape (papers, resamples).
        """
        columns = range(counts.shape[1])
        return np.array([self._error(counts[self.papers, column], self.errors) for column in columns], np.float64)

    def by_chance(self, draws: int, *, seed: int) -> Floats:
        """Returns the errors that the probabilities would have if they were right, for truth that is drawn by them.

        Pairs are drawn independently of one another, and twins together.
        """
        chance = np.random.default_rng(seed)
        number = int(self.drawn_with.max(initial=-1)) + 1
        truths = (self.values > chance.random(number)[self.drawn_with] for _ in range(draws))
        return np.array([self._error(self.masses, self.values - truth) for truth in truths], np.float64)

    def _error(self, masses: Floats, errors: Floats) -> float:
        if not len(self.ends):
            return 0.0
        ends = np.append(0.0, np.cumsum(masses)[self.ends])
        if not ends[-1]:
            return 0.0
        excess = np.append(0.0, np.cumsum(masses * errors)[self.ends])
        edges = np.linspace(0.0, ends[-1], BINS + 1)
        return float(np.abs(np.diff(np.interp(edges, ends, excess))).sum() / ends[-1])


def _shared(papers: NDArray[np.intp], columns: NDArray[np.intp], outcome: Outcome) -> NDArray[np.intp]:
    """Returns a number for each pair, which those of a category and its twin share."""
    twins = twins_of(outcome.taxonomy)
    first = columns if twins is None else np.minimum(columns, twins[columns])
    numbers: NDArray[np.intp] = np.unique(papers * len(outcome.taxonomy) + first, return_inverse=True)[1]
    return numbers
