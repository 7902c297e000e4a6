"""Parameters that turn a classifier's raw probabilities into calibrated ones."""

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True, slots=True)
class Calibration:
    """Platt scaling per column: the calibrated logit is `slope * logit + intercept` (Platt 1999).

    Each tuple holds one number per column of the taxonomy.
    """

    slopes: tuple[float, ...]
    intercepts: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.slopes) != len(self.intercepts):
            raise ValueError(f"{len(self.slopes)} slopes, {len(self.intercepts)} intercepts")
        if not all(map(isfinite, self.slopes + self.intercepts)):
            raise ValueError("a slope or an intercept is not a finite number")
        if any(slope <= 0 for slope in self.slopes):
            raise ValueError("a slope must be positive, or the order of abstracts would turn")
