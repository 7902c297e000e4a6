"""Use case: predict any number of abstracts in constant memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from domain.abstract import Abstract
from domain.ports.classifier import Classifier
from domain.ports.classifier_pool import ClassifierPool
from domain.prediction import PredictionBatch


@dataclass(frozen=True, slots=True)
class PredictedBatch:
    """Several abstracts with their predictions. Row i belongs to abstract i."""

    abstracts: Sequence[Abstract]
    predictions: PredictionBatch


class PredictBatch:
    """Predicts a stream of abstracts, `batch_size` at a time, in the order given.

    With a pool, the classifier predicts the first `alone` abstracts itself and the pool the rest, so that few abstracts
    start no processes.
    """

    def __init__(
        self, classifier: Classifier, *, batch_size: int = 512, pool: ClassifierPool | None = None, alone: int = 20_000
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}")
        self._classifier = classifier
        self._batch_size = batch_size
        self._pool = pool
        self._alone = alone

    def __call__(self, abstracts: Iterable[Abstract]) -> Iterator[PredictedBatch]:
        """Yields the batches one at a time."""
        remaining = iter(abstracts)
        batches = iter(lambda: list(islice(remaining, self._batch_size)), [])
        done = 0
        while (self._pool is None or done < self._alone) and (batch := next(batches, [])):
            done += len(batch)
            yield PredictedBatch(batch, self._classifier.predict(batch))
        if self._pool is not None and (first := next(batches, [])):
            for predicted in self._pool.predict_all(chain([first], batches)):
                yield PredictedBatch(*predicted)
