"""A tracker that remembers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from domain.ports.tracker import Run, Tracker


@dataclass(slots=True)
class FakeRun(Run):
    """What one run was told: `epochs` by step, `final` metrics, `models` by name; `succeeded` is None until it ends."""

    name: str
    config: Mapping[str, object]
    epochs: dict[int, dict[str, float]] = field(default_factory=dict)
    final: dict[str, float] = field(default_factory=dict)
    models: dict[str, Path] = field(default_factory=dict)
    succeeded: bool | None = None

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        (self.final if step is None else self.epochs.setdefault(step, {})).update(metrics)

    @override
    def log_model(self, folder: Path, *, name: str) -> None:
        self.models[name] = folder

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


class FailingTracker(Tracker):
    """Raises at the start, or, with `at_start` off, at everything after it."""

    def __init__(self, *, at_start: bool) -> None:
        self._at_start = at_start

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        if self._at_start:
            raise RuntimeError("the tracker is down")
        return _FailingRun()


class _FailingRun(Run):
    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        raise RuntimeError("the tracker lost metrics")

    @override
    def log_model(self, folder: Path, *, name: str) -> None:
        raise RuntimeError("the tracker lost a model")

    @override
    def finish(self, *, succeeded: bool) -> None:
        raise RuntimeError("the tracker cannot finish")
