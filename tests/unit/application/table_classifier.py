"""A classifier whose answers a test writes down."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from domain.abstract import Abstract
from domain.category import Category
from domain.checkpoint import Checkpoint, go_on
from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import Classifier
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy


class TableClassifier(Classifier):
    """Gives the abstract whose identifier is "i" the table's row i, and keeps every batch it was asked for."""

    def __init__(self, taxonomy: Taxonomy, table: NDArray[np.float32]) -> None:
        self._taxonomy = taxonomy
        self._table = table
        self.batches: list[list[Abstract]] = []

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._taxonomy

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        self.batches.append(list(abstracts))
        rows = self._table[[int(abstract.id or 0) for abstract in abstracts]]
        return PredictionBatch(self._taxonomy, rows.reshape(-1, len(self._taxonomy)).data)


def numbered_papers(targets: NDArray[np.bool_], taxonomy: Taxonomy) -> list[LabelledAbstract]:
    """One paper per row, with the row's categories, or one outside the taxonomy where the row has none."""
    outside = Category("no-such.XX")
    return [
        LabelledAbstract(
            Abstract("text", "title", str(row)),
            tuple(taxonomy.categories[column] for column in np.flatnonzero(truth)) or (outside,),
        )
        for row, truth in enumerate(targets)
    ]
