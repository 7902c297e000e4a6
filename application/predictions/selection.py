"""Chooses what a batch of predictions gives: which categories, and how many terms explain each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.chosen_categories import ChosenCategories
from domain.prediction import PredictionBatch
from domain.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Selection:
    """Chooses the categories at or above their threshold, and at most `top_k` of them if it is not 0.

    With `fallback`, an abstract without such a category gets its most probable one. The result equals that of
    `Prediction.above`, computed for a whole batch at once. The `terms` largest contributions explain each category;
    with 0 terms there are no explanations.
    """

    thresholds: Thresholds
    top_k: int = 0
    fallback: bool = True
    terms: int = 0

    @classmethod
    def asked(cls, own: Thresholds, *, threshold: float | None = None, top_k: int = 0, terms: int = 0) -> "Selection":
        """Returns the selection for a threshold and a top k that a user may have named.

        `own` are the model's thresholds.

        - neither: the categories that reach the model's own thresholds, and at least one
        - a threshold: the categories that reach it, perhaps none
        - a top k: the k most probable categories, whatever their probability
        - both: at most k of the categories that reach the threshold

        A top k of 0 sets no limit and counts as not named.
        """
        if threshold is not None:
            return cls(Thresholds(threshold), top_k=top_k, fallback=False, terms=terms)
        if top_k:
            return cls(Thresholds(0.0), top_k=top_k, fallback=False, terms=terms)
        return cls(own, terms=terms)

    @classmethod
    def everything(cls, *, terms: int = 0) -> "Selection":
        """Returns the selection of every category, whatever its probability."""
        return cls(Thresholds(0.0), fallback=False, terms=terms)

    def chosen(self, predictions: PredictionBatch) -> ChosenCategories:
        """Returns the chosen categories of each row, most probable first. Ties keep the taxonomy's order."""
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
