"""A classifier that gives back the month it was given."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from typing_extensions import override

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.ports.classifier import Classifier, ClassifierFamily, TrainableClassifier
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy


class DatedClassifier(Classifier):
    """Gives the first category the number of the month in percent, or 0.5 without a month, and the others 0."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._taxonomy = taxonomy

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._taxonomy

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        rows = np.zeros((len(abstracts), len(self._taxonomy)), np.float32)
        rows[:, 0] = [_percentage(each.month) for each in abstracts]
        return PredictionBatch(self._taxonomy, rows.data)


class DatedFamily(ClassifierFamily):
    """Loads DatedClassifier, whatever the folder holds."""

    @override
    def trainable(self, taxonomy: Taxonomy, options: Mapping[str, object]) -> TrainableClassifier:
        raise NotImplementedError

    @override
    def load(self, folder: Path, taxonomy: Taxonomy) -> Classifier:
        return DatedClassifier(taxonomy)

    @override
    def export(self, folder: Path, taxonomy: Taxonomy, *, format: str, path: Path) -> None:
        raise NotImplementedError

    @override
    def effective_options(self, options: Mapping[str, object]) -> Mapping[str, object]:
        return options


def _percentage(month: str | None) -> float:
    return 0.5 if month is None else int(month[5:]) / 100
