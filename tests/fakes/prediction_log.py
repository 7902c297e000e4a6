"""A prediction log kept in memory."""

from collections.abc import Iterator, Sequence

from typing_extensions import override

from domain.errors import StorageUnavailableError
from domain.logged_prediction import LoggedPrediction
from domain.ports.dataset import OnBadRecord
from domain.ports.prediction_log import PredictionLog


class FakePredictionLog(PredictionLog):
    """Forgets everything when it goes; `broken` makes it one that cannot be written."""

    def __init__(self, kept: Sequence[LoggedPrediction] = (), *, broken: bool = False) -> None:
        self.kept = list(kept)
        self.broken = broken

    @override
    def add(self, predictions: Sequence[LoggedPrediction]) -> None:
        if self.broken:
            raise StorageUnavailableError("The prediction log cannot be written: it is broken.")
        self.kept += predictions

    @override
    def predictions(self, on_bad_record: OnBadRecord) -> Iterator[LoggedPrediction]:
        if not self.kept:
            raise StorageUnavailableError("There is no prediction log.")
        return iter(self.kept)

    @override
    def close(self) -> None:
        """Nothing is open."""
