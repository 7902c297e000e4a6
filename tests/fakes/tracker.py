"""A tracker that remembers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from domain.charts import Chart, Table
from domain.ports.tracker import Run, Tracker


@dataclass(slots=True)
class FakeRun(Run):
    """The records of one run: `epochs` by step, `final` metrics, tables, charts, models and their aliases by name.

    `pruned` says whether it was marked as that. `succeeded` is None until it ends.
    """

    name: str
    config: Mapping[str, object]
    epochs: dict[int, dict[str, float]] = field(default_factory=dict)
    final: dict[str, float] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)
    charts: dict[str, Chart] = field(default_factory=dict)
    models: dict[str, Path] = field(default_factory=dict)
    aliases: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pruned: bool = False
    succeeded: bool | None = None

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        (self.final if step is None else self.epochs.setdefault(step, {})).update(metrics)

    @override
    def log_table(self, name: str, table: Table) -> None:
        self.tables[name] = table

    @override
    def log_chart(self, name: str, chart: Chart) -> None:
        self.charts[name] = chart

    @override
    def log_model(self, folder: Path, *, name: str, aliases: Sequence[str] = ()) -> None:
        self.models[name] = folder
        self.aliases[name] = tuple(aliases)

    @override
    def mark_pruned(self) -> None:
        self.pruned = True

    @override
    def finish(self, *, succeeded: bool) -> None:
        if self.succeeded is not None:
            raise AssertionError(f"run {self.name} was finished twice")
        self.succeeded = succeeded


class FakeTracker(Tracker):
    """Keeps every run it started in `runs`."""

    def __init__(self) -> None:
        self.runs: list[FakeRun] = []

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        self.runs.append(FakeRun(name, dict(config)))
        return self.runs[-1]


class FlakyTracker(FakeTracker):
    """Raises while it is `down`, at the start and at everything after it, and counts how often it did.

    The metric that it `refuses` it never takes.
    """

    def __init__(self, *, down: bool = False, reason: str = "the tracker is down", refuses: str | None = None) -> None:
        super().__init__()
        self.down = down
        self.reason = reason
        self.refuses = refuses
        self.refused = 0

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        self.check()
        return _FlakyRun(self, super().start(name, config))

    def check(self) -> None:
        """Raises where it is down."""
        if self.down:
            self.refused += 1
            raise RuntimeError(self.reason)


class FailingTracker(FlakyTracker):
    """Raises at the start, or, with `at_start` off, at everything after it."""

    def __init__(self, *, at_start: bool) -> None:
        super().__init__(down=at_start)

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        run = super().start(name, config)
        self.down = True
        return run


class _FlakyRun(Run):
    def __init__(self, tracker: FlakyTracker, run: Run) -> None:
        self._tracker = tracker
        self._run = run

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        self._tracker.check()
        if self._tracker.refuses in metrics:
            raise ValueError(f"no metric is called {self._tracker.refuses}")
        self._run.log(metrics, step=step)

    @override
    def log_table(self, name: str, table: Table) -> None:
        self._tracker.check()
        self._run.log_table(name, table)

    @override
    def log_chart(self, name: str, chart: Chart) -> None:
        self._tracker.check()
        self._run.log_chart(name, chart)

    @override
    def log_model(self, folder: Path, *, name: str, aliases: Sequence[str] = ()) -> None:
        self._tracker.check()
        self._run.log_model(folder, name=name, aliases=aliases)

    @override
    def mark_pruned(self) -> None:
        self._tracker.check()
        self._run.mark_pruned()

    @override
    def finish(self, *, succeeded: bool) -> None:
        self._tracker.check()
        self._run.finish(succeeded=succeeded)
