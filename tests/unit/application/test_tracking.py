"""SafeTracker: a tracker's failure never ends a run."""

from pathlib import Path

import pytest

from application.tracking import SafeTracker
from domain.ports.tracker import Run, Tracker
from tests.fakes.tracker import FailingTracker, FakeTracker


def a_whole_run(tracker: Tracker) -> Run:
    """Does with a tracker all that a training does."""
    run = tracker.start("nightly", {"epochs": 1})
    run.log({"loss": 0.5}, step=1)
    run.log({"micro_f1": 0.7})
    run.log_model(Path("model"), name="baseline/1")
    run.finish(succeeded=True)
    return run


def test_passes_everything_on() -> None:
    """A tracker that works is told everything."""
    tracker = FakeTracker()
    a_whole_run(SafeTracker(tracker))
    (run,) = tracker.runs
    assert (run.name, run.config, run.epochs, run.final) == (
        "nightly",
        {"epochs": 1},
        {1: {"loss": 0.5}},
        {"micro_f1": 0.7},
    )
    assert (run.models, run.succeeded) == ({"baseline/1": Path("model")}, True)


def test_a_failure_at_the_start_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """A tracker that cannot start is logged with its traceback, and asked nothing more."""
    a_whole_run(SafeTracker(FailingTracker(at_start=True)))
    (record,) = caplog.records
    assert record.exc_info and "the tracker is down" in caplog.text and "nightly" in record.getMessage()


def test_every_later_failure_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Metrics of an epoch, final metrics, the model and the end each fail, and each failure has its traceback."""
    a_whole_run(SafeTracker(FailingTracker(at_start=False)))
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 4
    assert all(record.exc_info for record in caplog.records)


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_is_no_failure_of_the_tracker(interrupt: type[BaseException]) -> None:
    """Ctrl-C while the tracker works stops the program."""

    class Interrupted(FakeTracker):
        def start(self, name: str, config: object) -> Run:
            raise interrupt

    with pytest.raises(interrupt):
        SafeTracker(Interrupted()).start("nightly", {})
