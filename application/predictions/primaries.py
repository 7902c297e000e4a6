"""Finds the most probable primary category of each abstract."""

from dataclasses import dataclass

import numpy as np

from application.advice.primary import primary_probabilities
from domain.advice_fit import PrimaryHead
from domain.errors import InvalidInputError
from domain.label import LabelSet
from domain.model_bundle import ModelCard
from domain.prediction import PredictionBatch


@dataclass(frozen=True, slots=True)
class Primaries:
    """Finds primary categories with what the model has learnt of them; `head` is None if it has learnt nothing."""

    head: PrimaryHead | None

    @classmethod
    def of_model(cls, card: ModelCard) -> "Primaries":
        """Returns the finder of a model. Raises InvalidInputError for a model with labels of its own."""
        if card.taxonomy.label_set != LabelSet.ARXIV:
            raise InvalidInputError("arXiv's categories have a primary one, and this model has labels of its own.")
        return cls(card.advice.head if card.advice else None)

    def of(self, predictions: PredictionBatch) -> memoryview:
        """Returns a column of the taxonomy for each abstract, as integers of 4 bytes."""
        taxonomy = predictions.taxonomy
        found = primary_probabilities(self.head, np.asarray(predictions.probabilities), taxonomy)
        columns = np.array([taxonomy.column(category) for category in found.primaries], np.int32)
        chosen: memoryview = columns[found.table.argmax(axis=1)].data
        return chosen
