"""Chooses which categories of a batch of predictions are given."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.chosen_categories import ChosenCategories
from domain.prediction import PredictionBatch
from domain.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class CategoryChoice:
    """Gives the categories at or above their threshold, the `top_k` most probable of them where that is not 0.

    With `fallback`, an abstract for which none passes gets its most probable one. The choice is that of
    `Prediction.above`, made for a whole batch in one step.
    """

    thresholds: Thresholds
    top_k: int = 0
    fallback: bool = True

    @classmethod
    def asked(cls, own: Thresholds, *, threshold: float | None = None, top_k: int = 0) -> "CategoryChoice":
        """The choice of a user who names a threshold, a top k, both or neither; `own` are the model's thresholds.

        - neither: the categories that reach the model's own thresholds, and at least one
        - a threshold: the categories that reach it, perhaps none
        - a top k: the k most probable categories, whatever their probability
        - both: at most k of the categories that reach the threshold

        A top k of 0 is no limit, and counts as not named.
        """
        if threshold is not None:
            return cls(Thresholds(threshold), top_k=top_k, fallback=False)
        return cls(Thresholds(0.0), top_k=top_k, fallback=False) if top_k else cls(own)

    def __call__(self, predictions: PredictionBatch) -> ChosenCategories:
        """What is given for each row, most probable first; equally probable ones keep the taxonomy's order."""
        probabilities = np.asarray(predictions.probabilities)
        chosen = probabilities >= np.array(self.thresholds.in_columns(predictions.taxonomy))
        if self.fallback:
            none = np.flatnonzero(~chosen.any(axis=1))
            chosen[none, probabilities[none].argmax(axis=1)] = True
        rows, columns = np.nonzero(chosen)
        given = probabilities[rows, columns]
        order = np.lexsort((columns, -given, rows))
        counts = chosen.sum(axis=1)
        if self.top_k:
            most = min(self.top_k, len(predictions.taxonomy))
            ranks = np.arange(len(order)) - np.repeat(_starts(counts)[:-1], counts)
            order = order[ranks < most]
            counts = np.minimum(counts, most)
        return ChosenCategories(predictions.taxonomy, _starts(counts).data, columns[order].data, given[order].data)


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(counts)))
