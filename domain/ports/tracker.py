"""Port: where a run's configuration, metrics and model are recorded."""

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol


class Run(Protocol):
    """One tracked execution."""

    @abstractmethod
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        """Records metrics, of one epoch where `step` is given and final ones where not."""

    @abstractmethod
    def log_model(self, folder: Path, *, name: str) -> None:
        """Records a saved model bundle."""

    @abstractmethod
    def finish(self, *, succeeded: bool) -> None:
        """Ends the run; called exactly once."""


class Tracker(Protocol):
    """Starts runs."""

    @abstractmethod
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        """A new run of that name with its effective configuration."""
