"""What every tracker promises: to take whatever a training tells it."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.trackers.null import NullTracker
from adapters.trackers.weights_and_biases import WeightsAndBiasesOptions, WeightsAndBiasesTracker
from application.tracking import SafeTracker
from domain.ports.tracker import Tracker
from tests.fakes.tracker import FakeTracker

TRACKERS: dict[str, Callable[[Path], Tracker]] = {
    "fake": lambda folder: FakeTracker(),
    "null": lambda folder: NullTracker(),
    "safe": lambda folder: SafeTracker(FakeTracker()),
    "wandb disabled": lambda folder: WeightsAndBiasesTracker(folder, WeightsAndBiasesOptions(mode="disabled")),
    "wandb offline": lambda folder: WeightsAndBiasesTracker(folder, WeightsAndBiasesOptions(mode="offline")),
}


@pytest.fixture(params=sorted(TRACKERS))
def tracker(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tracker:
    """A tracker that may write to a temporary folder only."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return TRACKERS[request.param](tmp_path / "runs")


def test_takes_a_whole_run(tracker: Tracker, tmp_path: Path) -> None:
    """A run takes nested configuration, metrics of epochs, final ones, a model's folder, and its end."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.bin").write_bytes(b"1234")
    run = tracker.start("first", {"epochs": 2, "model": {"hidden": [8, 4], "stem": None}, "rate": 0.1})
    for epoch in (1, 2):
        run.log({"loss": 1 / epoch, "micro_f1": math.nan}, step=epoch)
    run.log({"test/micro_f1": 0.7})
    run.log_model(tmp_path / "model", name="baseline/20261120T101112Z")
    run.finish(succeeded=True)


def test_takes_a_failed_run_and_then_another(tracker: Tracker) -> None:
    """A run that failed without a metric ends, and the next one starts."""
    tracker.start("failed", {}).finish(succeeded=False)
    tracker.start("next", {}).finish(succeeded=True)
