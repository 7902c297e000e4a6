"""When a paper was filed, as an input of the network: categories are listed together otherwise than years ago.

The input is piecewise linear in time (hat functions on knots, thick where papers are many). It is all zeros for a paper
without a month and for one of today, so that today is what the network knows without it. The last eight months of the
training papers count as today: sources fill up late, and what is missing there would look like a change of habits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from domain.abstract import Abstract

# Years before today at which a knot stands; the last, 0, needs no weights.
YEARS = (30, 22, 16, 12, 9, 7, 5, 4, 3, 2, 1)
_TODAY = 8
# An input of the size of a paper's weightiest features is learnt as fast as they are.
_SIZE = np.float32(0.3)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Turns months into the input; `today` is the first month (12 * year + month) that counts as today."""

    today: int

    @classmethod
    def of(cls, months: Sequence[str | None]) -> "Timeline":
        """The timeline of training papers; without any month, none is before today."""
        known = [month_number(month) for month in months if month]
        return cls(max(known) - _TODAY if known else 0)

    def read(self, months: Sequence[str | None]) -> NDArray[np.float32]:
        """The input of shape (papers, knots)."""
        numbers = np.array([month_number(month) if month else self.today for month in months], dtype=np.float64)
        knots = self.today - 12.0 * np.array((*YEARS, 0))
        at = np.clip(numbers, knots[0], knots[-1])
        left = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
        right = (at - knots[left]) / (knots[left + 1] - knots[left])
        hats = np.zeros((len(at), len(knots)), dtype=np.float32)
        rows = np.arange(len(at))
        hats[rows, left] = _SIZE * (1 - right)
        hats[rows, left + 1] = _SIZE * right
        return np.ascontiguousarray(hats[:, :-1])

    def read_abstracts(self, abstracts: Sequence[Abstract]) -> NDArray[np.float32] | None:
        """Returns the input of abstracts, or None when all are of today and so need none."""
        months = [abstract.month for abstract in abstracts]
        if all(map(self._is_today, months, repeat(self.today))):
            return None
        return self.read(months)

    @staticmethod
    def _is_today(month: str | None, today: int) -> bool:
        return month is None or month_number(month) >= today


def month_number(month: str) -> int:
    """12 * year + month, of YYYY-MM."""
    return int(month[:4]) * 12 + int(month[5:7])
