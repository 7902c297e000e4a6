"""A tracker that records nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from typing_extensions import override

from domain.charts import Chart, Table
from domain.options import read_options
from domain.ports.tracker import Run, Tracker


@dataclass(frozen=True, slots=True)
class NullOptions:
    """There is nothing to set."""


class NullTracker(Tracker):
    """Starts runs of which nothing is kept."""

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        return NullRun()


class NullRun(Run):
    """A run of which nothing is kept."""

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        pass

    @override
    def log_table(self, name: str, table: Table) -> None:
        pass

    @override
    def log_chart(self, name: str, chart: Chart) -> None:
        pass

    @override
    def log_model(self, folder: Path, *, name: str, aliases: Sequence[str] = ()) -> None:
        pass

    @override
    def mark_pruned(self) -> None:
        pass

    @override
    def finish(self, *, succeeded: bool) -> None:
        pass


def build(options: Mapping[str, object], folder: Path) -> Tracker:
    """The tracker for options as read from configuration; `folder` is for a tracker's own files."""
    read_options(NullOptions, options, where="Tracker null")
    return NullTracker()
