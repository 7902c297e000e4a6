"""The members of an ensemble."""

from dataclasses import dataclass
from math import isfinite

KIND = "ensemble"


@dataclass(frozen=True, slots=True)
class EnsembleMember:
    """A stored model by its name `kind/version`, its digest when the ensemble was built, and its weight."""

    model: str
    digest: str
    weight: float

    def __post_init__(self) -> None:
        if not (isfinite(self.weight) and self.weight > 0):
            raise ValueError(f"the weight of {self.model} is {self.weight}, not a positive number")
