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
        """Yields each batch with its predictions, in the order given, and the same ones that one classifier gives.

        Only a few batches are read ahead of the one that is yielded. What the classifier raises comes out here, after
        the batches before it. Copies end when the iterator is exhausted or closed.
        """
