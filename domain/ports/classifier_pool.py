"""Port: copies of a classifier that predict at the same time."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from domain.abstract import Abstract
from domain.prediction import PredictionBatch


class ClassifierPool(Protocol):
    """Predicts batches on several processors at once."""

    @abstractmethod
    def predict_all(
        self, batches: Iterable[Sequence[Abstract]]
    ) -> Iterator[tuple[Sequence[Abstract], PredictionBatch]]:
        """Yields each batch with its predictions, in the order given. They equal those of a single classifier.

        Only a few batches are read ahead of the one that is yielded. Errors of the classifier are raised after the
        batches before it. The copies end when the iterator is exhausted or closed.
        """
