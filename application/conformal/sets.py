"""Sets that hold all categories of a paper with a stated probability."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.conformal.scores import least_probabilities
from domain.conformal import ConformalScores
from domain.errors import InvalidInputError
from domain.taxonomy import Taxonomy

# Larger sets say little, and the model abstains.
MOST_USEFUL = 10
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class CategorySets:
    """Chooses sets of categories.

    `least` has the least probability of a category in the set, by the column of the paper's most probable category.
    Sets of more than `most` categories, and empty ones, are not given.
    """

    least: NDArray[np.float32]
    most: int

    def of(self, probabilities: NDArray[np.floating]) -> tuple[Bools, Bools]:
        """Returns which categories each set holds, shape (papers, categories), and which papers get no set.

        A paper without a set has a row of false.
        """
        chosen = self.whole(probabilities)
        sizes = chosen.sum(axis=1)
        chosen[sizes > self.most] = False
        return chosen, (sizes > self.most) | (sizes == 0)

    def whole(self, probabilities: NDArray[np.floating]) -> Bools:
        """Returns which categories each set holds, however many they are."""
        if not len(probabilities):
            return np.zeros(probabilities.shape, np.bool_)
        top = probabilities.argmax(axis=1)
        chosen: Bools = probabilities >= self.least[top][:, None]
        return chosen


def category_sets(scores: ConformalScores | None, coverage: float, taxonomy: Taxonomy, model: str) -> CategorySets:
    """Returns the sets of a model for a coverage, a probability between 0 and 1.

    Raises InvalidInputError for a model without scores, and for a coverage that its scores cannot promise.
    """
    if scores is None:
        raise InvalidInputError(
            f"{model} has no scores for a coverage. Add them with `arxiv-classifier models tune`, which takes papers "
            "that the model did not learn from."
        )
    most = max(1, min(MOST_USEFUL, len(taxonomy) - 1))
    return CategorySets(least_probabilities(scores, coverage, taxonomy), most)
