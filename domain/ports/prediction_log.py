"""Port: where predictions that were given are remembered."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Protocol

from domain.logged_prediction import LoggedPrediction
from domain.ports.dataset import OnBadRecord


class PredictionLog(Protocol):
    """Remembers predictions; several processes may write to one at the same time."""

    @abstractmethod
    def add(self, predictions: Sequence[LoggedPrediction]) -> None:
        """Adds some; raises StorageUnavailableError where they cannot be kept, and none of them is half kept."""

    @abstractmethod
    def predictions(self, on_bad_record: OnBadRecord) -> Iterator[LoggedPrediction]:
        """All of them, those of each process in their order; what cannot be read is handed to `on_bad_record`.

        Raises StorageUnavailableError where there is no log.
        """

    @abstractmethod
    def close(self) -> None:
        """Lets go of what is open; adding opens it again."""
