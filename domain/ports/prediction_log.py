"""Port: the log of predictions."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Protocol

from domain.logged_prediction import LoggedPrediction
from domain.ports.dataset import OnBadRecord


class PredictionLog(Protocol):
    """Records predictions. Several processes may write to the same log at once."""

    @abstractmethod
    def add(self, predictions: Sequence[LoggedPrediction]) -> None:
        """Adds predictions, each whole. Raises StorageUnavailableError if they cannot be written."""

    @abstractmethod
    def predictions(self, on_bad_record: OnBadRecord) -> Iterator[LoggedPrediction]:
        """Yields all predictions, those of each process in order. Unreadable records go to `on_bad_record`.

        Raises StorageUnavailableError if there is no log.
        """

    @abstractmethod
    def close(self) -> None:
        """Closes open files. A later `add` opens them again."""
