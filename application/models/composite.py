"""A classifier that is computed from other classifiers."""

from abc import abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.ports.classifier import Classifier
from domain.prediction import PredictionBatch

Table = NDArray[np.float32]


class CompositeClassifier(Classifier):
    """A classifier whose probabilities are a row-wise function of its parts' probabilities."""

    @property
    @abstractmethod
    def parts(self) -> Sequence[Classifier]:
        """The classifiers that read the abstracts, at least one."""

    @abstractmethod
    def combined(self, tables: Sequence[Table]) -> Table:
        """Returns the probabilities, shape (abstracts, categories), computed from each part's probabilities."""

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        found = [part.predict(abstracts, checkpoint=checkpoint) for part in self.parts]
        combined = self.combined([np.asarray(each.probabilities) for each in found])
        unread = found[0].unread.intersection(*(each.unread for each in found[1:]))
        return PredictionBatch(self.taxonomy, combined.data, unread)
