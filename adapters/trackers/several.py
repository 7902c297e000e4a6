"""Records one run in several trackers."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from typing_extensions import override

from domain.charts import Chart, Table
from domain.ports.tracker import Run, Tracker


class SeveralTracker(Tracker):
    """Starts a run in each of its trackers.

    Their errors are passed on, so trackers that may fail must be wrapped in a tracker that never raises.
    """

    def __init__(self, trackers: Sequence[Tracker]) -> None:
        self._trackers = tuple(trackers)

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        return _SeveralRuns([tracker.start(name, config) for tracker in self._trackers])


class _SeveralRuns(Run):
    def __init__(self, runs: Sequence[Run]) -> None:
        self._runs = runs

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        for run in self._runs:
            run.log(metrics, step=step)

    @override
    def log_table(self, name: str, table: Table) -> None:
        for run in self._runs:
            run.log_table(name, table)

    @override
    def log_chart(self, name: str, chart: Chart) -> None:
        for run in self._runs:
            run.log_chart(name, chart)

    @override
    def log_model(self, folder: Path, *, name: str, aliases: Sequence[str] = ()) -> None:
        for run in self._runs:
            run.log_model(folder, name=name, aliases=aliases)

    @override
    def mark_pruned(self) -> None:
        for run in self._runs:
            run.mark_pruned()

    @override
    def finish(self, *, succeeded: bool) -> None:
        with ExitStack() as ending:  # ends all runs even if one is interrupted
            for run in reversed(self._runs):
                ending.callback(run.finish, succeeded=succeeded)
