"""SafeTracker: a tracker's failure never ends a run."""

import logging
from pathlib import Path

import pytest

from application.run_context import bound, bound_fields, current_run_id
from application.tracking import SafeTracker, tracked_run
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


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    """The events that were logged, with their levels."""
    return [(vars(record)["event"], record.levelname) for record in caplog.records]


def test_a_run_has_an_id_in_its_record_and_its_log(caplog: pytest.LogCaptureFixture) -> None:
    """The id bound around a run is in its configuration; start and end are logged."""
    caplog.set_level(logging.INFO)
    tracker = FakeTracker()
    with bound(run_id="r1"), tracked_run(tracker, "nightly", {"epochs": 1}):
        assert current_run_id() == "r1"
    assert tracker.runs[0].config == {"epochs": 1, "run_id": "r1"}
    assert told(caplog) == [("run_started", "INFO"), ("run_finished", "INFO")]


def test_a_run_without_an_id_gets_one() -> None:
    """Each run that nobody gave an id has one of its own, as the trials of a sweep do."""
    tracker = FakeTracker()
    for _ in range(2):
        with bound(sweep_id="s"), tracked_run(tracker, "trial", {}):
            assert bound_fields() == {"sweep_id": "s", "run_id": current_run_id()}
    first, second = (run.config["run_id"] for run in tracker.runs)
    assert first and second and first != second


def test_a_run_that_fails_says_so(caplog: pytest.LogCaptureFixture) -> None:
    """The end of a run that raised is an error in the log, and the exception goes on."""
    with pytest.raises(ValueError), tracked_run(FakeTracker(), "nightly", {}):
        raise ValueError
    assert told(caplog) == [("run_finished", "ERROR")]
    assert vars(caplog.records[0])["succeeded"] is False
