"""Ports: a tracker, which records a run's configuration, metrics, tables, charts and model."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from domain.charts import Chart, Table


class Run(Protocol):
    """One tracked execution."""

    @abstractmethod
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        """Records the metrics of one epoch if `step` is given, else final metrics."""

    @abstractmethod
    def log_table(self, name: str, table: Table) -> None:
        """Records a table."""

    @abstractmethod
    def log_chart(self, name: str, chart: Chart) -> None:
        """Records a chart."""

    @abstractmethod
    def log_model(self, folder: Path, *, name: str, aliases: Sequence[str] = ()) -> None:
        """Records a saved model bundle. `aliases` are further names for this version."""

    @abstractmethod
    def mark_pruned(self) -> None:
        """Records that the run is a trial that its sweep ended early. Called before `finish`."""

    @abstractmethod
    def finish(self, *, succeeded: bool) -> None:
        """Ends the run. Called exactly once."""


class Tracker(Protocol):
    """Starts runs."""

    @abstractmethod
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        """Starts a run with that name and effective configuration.

        For a trial of a sweep, `config["sweep"]` is a mapping with the sweep's `name` and the number of the `trial`.
        """
