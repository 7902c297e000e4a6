"""Parameters that turn a classifier's raw probabilities into calibrated ones."""

from dataclasses import dataclass
from math import isfinite

# Logits lie within 17 of 0. With factors up to a million, float32 sums are still exact enough.
_LARGEST = 1e6


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling per column (Platt 1999), optionally with matrix scaling (Guo 2017).

    The calibrated logit of column i is `slopes[i] * logit[i] + intercepts[i] + sum_j mixing[i][j] * logit[j]`.
    `slopes` and `intercepts` have one entry per column of the taxonomy. `mixing` is empty, or a square matrix with a
    zero diagonal. No number exceeds a million in size.
    """

    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]
    mixing: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        if len(self.slopes) != len(self.intercepts):
            raise ValueError(f"{len(self.slopes)} slopes, {len(self.intercepts)} intercepts")
        if not all(map(isfinite, self.slopes + self.intercepts)):
            raise ValueError("a slope or an intercept is not a finite number")
        columns = len(self.slopes)
        if self.mixing and [len(row) for row in self.mixing] != [columns] * columns:
            raise ValueError(f"mixing is not {columns} by {columns}")
        if not all(isfinite(value) for row in self.mixing for value in row):
            raise ValueError("mixing holds a number that is not finite")
        if any(row[column] for column, row in enumerate(self.mixing)):
            raise ValueError("mixing is not zero on its diagonal")
        if any(abs(value) > _LARGEST for row in (self.slopes, self.intercepts, *self.mixing) for value in row):
            raise ValueError(f"a slope, an intercept or a mixing is beyond {_LARGEST:,.0f}")
        if any(slope <= 0 for slope in self.slopes):
            raise ValueError("a slope must be positive, or the order of abstracts would turn")
