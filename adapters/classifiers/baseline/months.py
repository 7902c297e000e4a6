"""The month in which a paper was filed, as an input of the network, because cross-listing habits change over the years.

The input is piecewise linear in time (hat functions on knots that are denser where there are more papers). It is all
zeros for a paper without a month and for one of today, so the network without this input describes today. The last
eight months of the training papers count as today, because sources complete recent months late, and missing papers
would look like a change of habits.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, month_number

# The knots in years before today. A last one at 0 needs no weights.
YEARS = (30, 22, 16, 12, 9, 7, 5, 4, 3, 2, 1)
_TODAY = 8
# An input as large as a paper's largest feature weights is learnt as fast.
SIZE = np.float32(0.3)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Converts months to the input. `today` is the first month (12 * year + month) that counts as today."""

    today: int

    @classmethod
    def of(cls, months: Iterable[str | None]) -> "Timeline":
        """Returns the timeline of training papers. Without any month, no month is before today."""
        newest = max((month_number(month) for month in months if month), default=None)
        return cls(0 if newest is None else newest - _TODAY)

    def read(self, months: Sequence[str | None]) -> NDArray[np.float32]:
        """Returns the input, shape (papers, knots)."""
        return self._read(np.array([month_number(month) for month in months], np.int32))

    def read_abstracts(self, abstracts: Sequence[Abstract]) -> NDArray[np.float32] | None:
        """Returns the input of abstracts, or None if all are of today and need none."""
        numbers = months_of(abstracts)
        if not ((numbers != 0) & (numbers < self.today)).any():
            return None
        return self._read(numbers)

    def _read(self, months: NDArray[np.int32]) -> NDArray[np.float32]:
        numbers = np.where(months != 0, months, self.today).astype(np.float64)
        knots = self.today - 12.0 * np.array((*YEARS, 0))
        at = np.clip(numbers, knots[0], knots[-1])
        left = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
        right = (at - knots[left]) / (knots[left + 1] - knots[left])
        hats = np.zeros((len(at), len(knots)), dtype=np.float32)
        rows = np.arange(len(at))
        hats[rows, left] = SIZE * (1 - right)
        hats[rows, left + 1] = SIZE * right
        return np.ascontiguousarray(hats[:, :-1])


def months_of(abstracts: Sequence[Abstract]) -> NDArray[np.int32]:
    """Returns the month of each abstract as `month_number` does, shape (abstracts,)."""
    if isinstance(abstracts, AbstractBatch):
        return np.asarray(abstracts.months)
    return np.array([month_number(abstract.month) for abstract in abstracts], np.int32)
