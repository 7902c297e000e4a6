"""A classifier that gives back the month it was given."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from typing_extensions import override

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.ports.classifier import Classifier
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy
from tests.fakes.classifier import FakeFamily


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


class DatedFamily(FakeFamily):
    """Loads DatedClassifier, whatever the folder holds; all else is as in FakeFamily."""

    @override
    def load(self, folder: Path, taxonomy: Taxonomy) -> Classifier:
        return DatedClassifier(taxonomy)


def _percentage(month: str | None) -> float:
    return 0.5 if month is None else int(month[5:]) / 100
