"""Predicts any number of abstracts in constant memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from domain.abstract import Abstract
from domain.ports.classifier import Classifier
from domain.prediction import PredictionBatch


@dataclass(frozen=True, slots=True)
class PredictedBatch:
    """Some abstracts with their predictions, row i of which is abstract i."""

    abstracts: Sequence[Abstract]
    predictions: PredictionBatch


class PredictBatch:
    """Predicts a stream of abstracts, `batch_size` at a time, in the order given."""

    def __init__(self, classifier: Classifier, *, batch_size: int = 512) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}")
        self._classifier = classifier
        self._batch_size = batch_size

    def __call__(self, abstracts: Iterable[Abstract]) -> Iterator[PredictedBatch]:
        """The batches, each made when it is asked for; no more than one is held."""
        remaining = iter(abstracts)
        while batch := list(islice(remaining, self._batch_size)):
            yield PredictedBatch(batch, self._classifier.predict(batch))
