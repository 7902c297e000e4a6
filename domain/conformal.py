"""The scores that sets of all categories of a paper are computed from."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite


@dataclass(frozen=True, slots=True, eq=False)
class ConformalScores:
    """The probability of the least probable true category of validation papers. A paper's score is 1 minus it.

    The papers are grouped by the archive of their most probable category. `weights` has the weight of each paper in the
    same places, and is empty if all papers count alike. Two objects are equal only if they are the same, so that
    results computed from one can be kept.
    """

    least: Mapping[str, tuple[float, ...]]
    weights: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for group, probabilities in self.least.items():
            if not all(0.0 <= probability <= 1.0 for probability in probabilities):
                raise ValueError("the probability of a least probable category is not between 0 and 1")
            weights = self.weights.get(group, ())
            if self.weights and len(weights) != len(probabilities):
                raise ValueError(f"{len(probabilities)} papers of conformal scores have {len(weights)} weights")
            if not all(isfinite(weight) and weight > 0 for weight in weights):
                raise ValueError("the weight of a conformal score is not a positive number")

    @property
    def papers(self) -> int:
        """The number of papers."""
        return sum(map(len, self.least.values()))
