"""Chooses what a batch of predictions gives: which categories, and how many terms explain each."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from application.conformal.sets import CategorySets, category_sets
from application.predictions.primaries import Primaries
from domain.chosen_categories import ChosenCategories
from domain.errors import InvalidInputError
from domain.model_bundle import ModelCard, StoredModel
from domain.policy import policy_named
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Selection:
    """Chooses the categories at or above their threshold, and at most `top_k` of them if it is not 0.

    With `fallback`, an abstract without such a category gets its most probable one. The result equals that of
    `Prediction.above`, computed for a whole batch at once. The `terms` largest contributions explain each category;
    with 0 terms there are no explanations. With `sets`, each abstract gets its set in place of the categories that
    reach a threshold, or none if the set would be too large. With `primaries`, each abstract also gets its primary
    category.
    """

    thresholds: Thresholds
    top_k: int = 0
    fallback: bool = True
    terms: int = 0
    sets: CategorySets | None = None
    primaries: Primaries | None = None

    @classmethod
    def of_model(
        cls,
        stored: StoredModel,
        *,
        threshold: float | None = None,
        top_k: int = 0,
        policy: str | None = None,
        coverage: float | None = None,
        terms: int = 0,
    ) -> "Selection":
        """Returns the selection for a threshold, a top k, a policy or a coverage that a user may have named.

        A policy gives the categories that reach its thresholds, perhaps none. A coverage gives sets that hold all
        categories of that share of papers. Raises InvalidInputError for an unknown policy, for a coverage that the
        model cannot promise, and if more than one of threshold, policy and coverage is named.
        """
        refuse_several(threshold=threshold, policy=policy, coverage=coverage, top_k=top_k)
        card = stored.card
        if coverage is not None:
            sets = category_sets(card.conformal, coverage, card.taxonomy, stored.name)
            return cls(Thresholds(0.0), fallback=False, terms=terms, sets=sets)
        if policy is not None:
            found = policy_named(card.policies, policy, stored.name)
            return cls(found.thresholds, top_k=top_k, fallback=False, terms=terms)
        return cls.asked(card.thresholds, threshold=threshold, top_k=top_k, terms=terms)

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

    def with_primaries(self, card: ModelCard) -> "Selection":
        """Returns the selection that also gives primary categories, as `Primaries.of_model` finds them."""
        return replace(self, primaries=Primaries.of_model(card))

    def chosen(self, predictions: PredictionBatch) -> ChosenCategories:
        """Returns the chosen categories of each row, most probable first. Ties keep the taxonomy's order."""
        probabilities = np.asarray(predictions.probabilities)
        chosen = self._chosen(probabilities, predictions.taxonomy)
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

    def _chosen(self, probabilities: NDArray[np.float32], taxonomy: Taxonomy) -> NDArray[np.bool_]:
        if self.sets is not None:
            return self.sets.of(probabilities)[0]
        chosen: NDArray[np.bool_] = probabilities >= np.array(self.thresholds.in_columns(taxonomy))
        if self.fallback:
            none = np.flatnonzero(~chosen.any(axis=1))
            chosen[none, probabilities[none].argmax(axis=1)] = True
        return chosen


def refuse_several(*, threshold: float | None, policy: str | None, coverage: float | None, top_k: int) -> None:
    """Raises InvalidInputError for two of threshold, policy and coverage, and for a top k with a coverage."""
    named = [
        name
        for name, value in (("threshold", threshold), ("policy", policy), ("coverage", coverage))
        if value is not None
    ]
    if coverage is not None and top_k:
        named.append("top k")
    if len(named) > 1:
        raise InvalidInputError(f"Give one of {' and '.join(named)}. Each of them says which categories are given.")


def _starts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(counts)))
