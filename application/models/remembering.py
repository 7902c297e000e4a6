"""A classifier that remembers what it predicted, for passes over the same papers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.ports.classifier import Classifier
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy


class RememberingClassifier(Classifier):
    """Asks another classifier once for each abstract, and keeps the rows of probabilities.

    A row takes four bytes a category, so it suits some ten thousand papers.
    """

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._rows: dict[Abstract, NDArray[np.float32]] = {}
        self._unread: set[Abstract] = set()

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._classifier.taxonomy

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        new = [abstract for abstract in dict.fromkeys(abstracts) if abstract not in self._rows]
        if new:
            self._remember(new, self._classifier.predict(new, checkpoint=checkpoint))
        table = np.empty((len(abstracts), len(self.taxonomy)), np.float32)
        for row, abstract in zip(table, abstracts, strict=True):
            row[:] = self._rows[abstract]
        unread = frozenset(row for row, abstract in enumerate(abstracts) if abstract in self._unread)
        return PredictionBatch(self.taxonomy, table.data, unread)

    def _remember(self, abstracts: Sequence[Abstract], found: PredictionBatch) -> None:
        self._rows.update(zip(abstracts, np.array(found.probabilities), strict=True))
        self._unread.update(abstracts[row] for row in found.unread)
