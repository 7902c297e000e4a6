"""SafeTracker: a tracker's failure never ends a run, and lost records are logged. DescribingTracker: its additions."""

import logging
from pathlib import Path

import pytest

from application.runs.run_context import bound, bound_fields, current_run_id
from application.runs.tracking import DescribingTracker, Leniency, SafeTracker, tracked_run
from domain.charts import Line, LineChart, Table
from domain.ports.tracker import Run, Tracker
from domain.secrets import Redactor
from domain.sweep import TrialPruned
from tests.fakes.tracker import FailingTracker, FakeTracker, FlakyTracker

SECRET = "s3cr3t-0123456789"
TABLE = Table(("a",), ((1,),))
CHART = LineChart("t", "x", "y", (Line("a", ((0.0, 1.0),)),))


def a_whole_run(tracker: Tracker) -> Run:
    """Does with a tracker all that a training does."""
    run = tracker.start("nightly", {"epochs": 1})
    run.log({"loss": 0.5}, step=1)
    run.log({"micro_f1": 0.7})
    run.log_table("examples", TABLE)
    run.log_chart("reliability", CHART)
    run.log_model(Path("model"), name="baseline", aliases=("1",))
    run.finish(succeeded=True)
    return run


def test_passes_everything_on(caplog: pytest.LogCaptureFixture) -> None:
    """A working tracker gets everything, and nothing is logged."""
    tracker = FakeTracker()
    a_whole_run(SafeTracker(tracker))
    (run,) = tracker.runs
    assert (run.name, run.config, run.epochs, run.final) == (
        "nightly",
        {"epochs": 1},
        {1: {"loss": 0.5}},
        {"micro_f1": 0.7},
    )
    assert (run.tables, run.charts) == ({"examples": TABLE}, {"reliability": CHART})
    assert (run.models, run.aliases, run.succeeded) == ({"baseline": Path("model")}, {"baseline": ("1",)}, True)
    assert caplog.records == []


def test_a_tracker_that_is_always_down_is_two_lines(caplog: pytest.LogCaptureFixture) -> None:
    """The first failure is logged with its reason, and the end says that nothing was recorded."""
    a_whole_run(SafeTracker(FlakyTracker(down=True), Leniency("mlflow")))
    assert [record.getMessage() for record in caplog.records] == [
        "Tracker mlflow did not take the start of the run nightly (RuntimeError: the tracker is down). "
        "The run goes on; what is missing is offered again.",
        "Tracker mlflow recorded nothing of the run nightly.",
    ]


def test_a_tracker_that_breaks_in_the_middle_is_told_with_all_it_lost(caplog: pytest.LogCaptureFixture) -> None:
    """One line at the first failure, one that lists what was lost."""
    a_whole_run(SafeTracker(FailingTracker(at_start=False), Leniency("mlflow")))
    first, last = (record.getMessage() for record in caplog.records)
    assert "did not take the metrics of epoch 1" in first
    assert last == (
        "Tracker mlflow lost of the run nightly: the metrics of epoch 1, final metrics, the table examples, the chart "
        "reliability, the model and the end."
    )


def test_the_traceback_is_kept_for_debugging(caplog: pytest.LogCaptureFixture) -> None:
    """Each failure's traceback is logged for those who debug."""
    with caplog.at_level(logging.DEBUG):
        a_whole_run(SafeTracker(FlakyTracker(down=True)))
    tracebacks = [record.getMessage() for record in caplog.records if record.levelname == "DEBUG"]
    assert tracebacks and all("Traceback" in text and "the tracker is down" in text for text in tracebacks)


def test_what_was_missed_at_the_start_is_caught_up(caplog: pytest.LogCaptureFixture) -> None:
    """A tracker that is down at the start and comes back later has the whole run in the end."""
    tracker = FlakyTracker(down=True)
    run = SafeTracker(tracker, Leniency("mlflow")).start("nightly", {"epochs": 3})
    run.log({"loss": 0.5}, step=1)
    run.log({"loss": 0.25}, step=2)
    tracker.down = False
    run.log({"loss": 0.125}, step=3)
    run.finish(succeeded=True)
    (recorded,) = tracker.runs
    assert recorded.epochs == {1: {"loss": 0.5}, 2: {"loss": 0.25}, 3: {"loss": 0.125}}
    assert (recorded.config, recorded.succeeded) == ({"epochs": 3}, True)
    assert caplog.records[-1].getMessage() == "Tracker mlflow works again: nothing of the run nightly is lost."


def test_what_was_missed_in_the_middle_is_caught_up_at_the_end() -> None:
    """Metrics of an outage are sent again when the run ends, before its end."""
    tracker = FlakyTracker()
    run = SafeTracker(tracker).start("nightly", {})
    tracker.down = True
    run.log({"loss": 0.5}, step=1)
    tracker.down = False
    run.finish(succeeded=False)
    assert (tracker.runs[0].epochs, tracker.runs[0].succeeded) == ({1: {"loss": 0.5}}, False)


def test_one_thing_that_is_refused_costs_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    """A record that a tracker always refuses, such as an invalid name, is lost alone."""

    tracker = FlakyTracker(refuses="bad@name")
    run = SafeTracker(tracker, Leniency("picky")).start("nightly", {})
    run.log({"bad@name": 1.0}, step=1)
    run.log({"loss": 1.0}, step=2)
    run.log({"micro_f1": 1.0})
    run.finish(succeeded=True)
    assert (tracker.runs[0].epochs, tracker.runs[0].final) == ({2: {"loss": 1.0}}, {"micro_f1": 1.0})
    assert caplog.records[-1].getMessage() == "Tracker picky lost of the run nightly: the metrics of epoch 1."


def test_many_lost_epochs_are_told_in_few_words(caplog: pytest.LogCaptureFixture) -> None:
    """Epochs that were lost are counted, not listed."""
    run = SafeTracker(FailingTracker(at_start=False), Leniency("mlflow")).start("nightly", {})
    for epoch in range(3, 50):
        run.log({"loss": 1.0}, step=epoch)
    run.finish(succeeded=True)
    assert caplog.records[-1].getMessage() == (
        "Tracker mlflow lost of the run nightly: the metrics of 47 epochs from 3 to 49 and the end."
    )


def test_patience_has_an_end() -> None:
    """A tracker whose failures take long is asked no more until the end, and then once."""
    now = [0.0]

    class Slow(FlakyTracker):
        def check(self) -> None:
            now[0] += 10
            super().check()

    tracker = Slow(down=True)
    run = SafeTracker(tracker, Leniency(patience=30, clock=lambda: now[0])).start("nightly", {})
    for epoch in range(1, 100):
        run.log({"loss": 1.0}, step=epoch)
    assert tracker.refused == 3
    run.finish(succeeded=True)
    assert tracker.refused == 4


def test_a_tracker_that_comes_back_after_patience_ended_has_everything() -> None:
    """The one question at the end is enough for all that was kept."""
    now = [0.0]

    class Slow(FlakyTracker):
        def check(self) -> None:
            now[0] += 20
            super().check()

    tracker = Slow(down=True)
    run = SafeTracker(tracker, Leniency(patience=30, clock=lambda: now[0])).start("nightly", {})
    for epoch in range(1, 10):
        run.log({"loss": 1.0}, step=epoch)
    tracker.down = False
    run.finish(succeeded=True)
    assert sorted(tracker.runs[0].epochs) == list(range(1, 10)) and tracker.runs[0].succeeded is True


def test_reasons_hold_no_secret_and_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """A reason that quotes an address with a password or a known token is masked, shortened and on one line."""
    tracker = FlakyTracker(down=True, reason=f"http://me:{SECRET}@host\nsaid no to {SECRET}\n" + "x" * 999)
    with caplog.at_level(logging.DEBUG):
        a_whole_run(SafeTracker(tracker, Leniency(redactor=Redactor(frozenset({SECRET})))))
    assert SECRET not in caplog.text
    first = caplog.records[0].getMessage()
    assert "http://***@host said no to ***" in first and "\n" not in first and len(first) < 500


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
    """Each run without an id gets its own, as the trials of a sweep do."""
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


def test_the_environment_is_recorded_without_secrets() -> None:
    """The tracker gets the environment beside the configuration, and no secret of either."""
    tracker = FakeTracker()
    describing = DescribingTracker(
        tracker, environment=lambda: {"python": "3.11", "note": SECRET}, redactor=Redactor(frozenset({SECRET}))
    )
    describing.start(f"run-{SECRET}", {"epochs": 1, "api_key": "x", "source": f"http://me:{SECRET}@host"})
    (run,) = tracker.runs
    assert run.name == "run-***"
    assert run.config == {
        "epochs": 1,
        "api_key": "***",
        "source": "http://***@host",
        "environment": {"python": "3.11", "note": "***"},
    }


def test_a_trial_that_was_ended_early_is_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """A sweep that ends a trial's run early ends it well, marked as pruned, and the exception goes on."""
    caplog.set_level(logging.INFO)
    tracker = FakeTracker()
    with pytest.raises(TrialPruned), tracked_run(tracker, "trial", {}):
        raise TrialPruned
    assert (tracker.runs[0].pruned, tracker.runs[0].succeeded) == (True, True)
    assert told(caplog)[-1] == ("run_finished", "INFO")


def test_that_a_trial_was_pruned_is_offered_again() -> None:
    """A tracker that is down when a trial is pruned hears of it once it is back."""
    tracker = FlakyTracker()
    run = SafeTracker(tracker).start("trial", {})
    tracker.down = True
    run.mark_pruned()
    tracker.down = False
    run.finish(succeeded=True)
    assert tracker.runs[0].pruned
