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
    """The tracker has no options."""


class NullTracker(Tracker):
    """Starts runs that record nothing."""

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        return NullRun()


class NullRun(Run):
    """A run that records nothing."""

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
    """Returns the tracker for options from the configuration. `folder` is unused."""
    read_options(NullOptions, options, where="Tracker null")
    return NullTracker()
