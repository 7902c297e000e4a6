"""The loop over trials: what it runs, what it survives, and what ends it."""

import errno
import logging
from collections.abc import Callable

import pytest

from application.runs.run_context import bound, bound_fields, current_run_id
from application.sweep import Sweep, SweepCommand, SweepResult
from domain.errors import ArxivClassifierError, ConfigurationError, SweepStorageError
from domain.ports.classifier import Epoch
from domain.ports.sweeper import Trial
from domain.sweep import Metric, TrialState, TrialTaken
from tests.fakes.sweeper import FakeSweeper
from tests.sweeps import small_plan

Train = Callable[[Trial, Callable[[Epoch], None]], None]


class Clock:
    """A clock that a test or a sleep moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Moves on."""
        self.now += seconds
        self.slept += seconds


def learn(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
    """Three epochs, the second of which is the best."""
    for number, value in enumerate((0.1, 0.5, 0.4), start=1):
        on_epoch(Epoch(number, {"validation_score": value + trial.number / 100}))


def swept(
    sweeper: FakeSweeper, train: Train = learn, *, timeout: float | None = None, clock: Clock | None = None
) -> SweepResult:
    """The result of a sweep."""
    clock = clock or Clock()
    return Sweep(sweeper, train, clock=clock, sleep=clock.sleep)(SweepCommand(Metric(), timeout=timeout))


def test_a_score_is_that_of_the_best_epoch() -> None:
    """A training keeps its best epoch's weights, so that epoch is what a trial is compared by."""
    result = swept(FakeSweeper(small_plan(3)))
    assert [record.score for record in result.records] == pytest.approx([0.5, 0.51, 0.52])
    assert result.best is not None
    assert result.best.number == 2
    assert not result.timed_out


def test_a_lower_metric_may_be_the_better() -> None:
    """With the goal minimize, score and best trial are the lowest."""
    plan = small_plan(3, metric={"name": "validation_score", "goal": "minimize"})
    sweeper = FakeSweeper(plan)
    result = Sweep(sweeper, learn)(SweepCommand(plan.definition.metric))
    assert [record.score for record in result.records] == pytest.approx([0.1, 0.11, 0.12])
    assert result.best is not None
    assert result.best.number == 0


def test_a_pruned_trial_is_left_at_that_epoch() -> None:
    """It has no score, and the sweep goes on with the next."""
    result = swept(FakeSweeper(small_plan(3), prune={1: 2}))
    assert [str(record.state) for record in result.records] == ["complete", "pruned", "complete"]
    assert sorted(result.records[1].epochs) == [1, 2]


def test_a_failed_trial_is_recorded_and_the_sweep_goes_on() -> None:
    """Whatever a training raises is in its record, with its kind where it is not the program's own error."""

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        if trial.number == 0:
            raise ArxivClassifierError("The loss is nan.")
        if trial.number == 2:
            raise ValueError("odd")
        learn(trial, on_epoch)

    result = swept(FakeSweeper(small_plan(4)), train)
    assert [record.reason for record in result.records] == ["The loss is nan", "", "ValueError: odd", ""]


def test_what_is_logged_of_a_trial_has_its_own_run_id() -> None:
    """The failure of a trial too is found by the run id that its training had, and not by the sweep's."""
    trained: dict[int, str] = {}
    told: list[tuple[object, object, object]] = []

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        trained[trial.number] = current_run_id()
        raise ValueError("odd")

    class Told(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            told.append((record.__dict__["event"], bound_fields()["trial"], bound_fields()["run_id"]))

    logger, handler = logging.getLogger("application.sweep"), Told()
    logger.addHandler(handler)
    with bound(run_id="of-the-sweep"):
        swept(FakeSweeper(small_plan(2)), train)
    logger.removeHandler(handler)
    assert told == [("trial_failed", 0, trained[0]), ("trial_failed", 1, trained[1])]
    assert len({*trained.values(), "of-the-sweep"}) == 3


def test_three_like_failures_in_a_row_end_the_sweep() -> None:
    """The error says why; numbers in a reason do not make it another one."""

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        raise ArxivClassifierError(f"No space left for trial {trial.number}.")

    sweeper = FakeSweeper(small_plan(9))
    with pytest.raises(ArxivClassifierError, match="last 3 trials failed alike: No space left for trial 2"):
        swept(sweeper, train)
    assert len(sweeper.records()) == 3


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("translated", [False, True])
def test_a_disk_that_is_full_or_broken_uses_up_no_trial(number: int, translated: bool) -> None:
    """The sweep ends with what the system says, the trial is given back, and the same sweep runs all trials later."""

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        try:
            raise OSError(number, "No room", "models/trial")
        except OSError as error:
            if translated:
                raise ConfigurationError("The model cannot be written.") from error
            raise

    sweeper = FakeSweeper(small_plan(2))
    with pytest.raises(SweepStorageError, match="Trial 0 could not be saved: models/trial: No room"):
        swept(sweeper, train)
    assert (sweeper.records(), [each.number for each in sweeper.returned]) == ([], [0])
    assert [str(record.state) for record in swept(sweeper).records] == ["complete"] * 2


def test_failures_of_different_kinds_do_not_end_it() -> None:
    """A success or another reason between failures starts the count again."""

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        if trial.number != 2:
            raise ArxivClassifierError("one" if trial.number < 4 else "other")
        learn(trial, on_epoch)

    assert len(swept(FakeSweeper(small_plan(6)), train).records) == 6


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_trial_is_given_back(interruption: type[BaseException]) -> None:
    """Control-C and SIGTERM leave the trial, with what it reported, to the next process."""

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        on_epoch(Epoch(1, {"validation_score": 0.3}))
        raise interruption

    sweeper = FakeSweeper(small_plan(2))
    with pytest.raises(interruption):
        swept(sweeper, train)
    assert [(each.number, each.epochs) for each in sweeper.returned] == [(0, {1: 0.3})]


def test_a_trial_that_goes_on_is_judged_by_all_its_epochs() -> None:
    """The best epoch may be one of before the interruption."""

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        if trial.origin == trial.number:
            on_epoch(Epoch(1, {"validation_score": 0.9}))
            raise KeyboardInterrupt
        on_epoch(Epoch(2, {"validation_score": 0.3}))

    sweeper = FakeSweeper(small_plan(1))
    with pytest.raises(KeyboardInterrupt):
        swept(sweeper, train)
    result = swept(sweeper, train)
    assert [record.score for record in result.records] == [0.9]


def test_when_time_is_up_the_trial_is_given_back() -> None:
    """It ends after its epoch, keeps what it reported, and no other starts."""
    clock = Clock()

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        for number in range(1, 9):
            clock.now += 10
            on_epoch(Epoch(number, {"validation_score": number / 10}))

    sweeper = FakeSweeper(small_plan(5))
    result = swept(sweeper, train, timeout=100.0, clock=clock)
    assert result.timed_out
    assert [record.score for record in result.records] == [0.8]
    assert [sorted(each.epochs) for each in sweeper.returned] == [[1, 2]]


def test_it_waits_while_others_run_the_last_trials() -> None:
    """If no trial is free yet, it asks again, as another process may die and leave one behind."""
    clock = Clock()
    result = swept(FakeSweeper(small_plan(2), busy=3), clock=clock)
    assert len(result.records) == 2
    assert clock.slept == 3


def test_a_lost_storage_ends_the_sweep() -> None:
    """A storage that does not answer is no failure of a trial."""

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        raise SweepStorageError("gone")

    sweeper = FakeSweeper(small_plan(2))
    with pytest.raises(SweepStorageError, match="gone"):
        swept(sweeper, train)
    assert [record.state for record in sweeper.records()] == [TrialState.RUNNING]


def test_a_trial_taken_by_another_process_is_left_to_it() -> None:
    """It is neither completed nor failed by the process that lost it."""
    ended: list[TrialState | None] = []

    def train(trial: Trial, on_epoch: Callable[[Epoch], None]) -> None:
        if trial.number == 0:
            raise TrialTaken
        learn(trial, on_epoch)

    def forget(seconds: float) -> None:
        sweeper.kept.pop(0, None)

    sweeper = FakeSweeper(small_plan(2))
    sweep = Sweep(sweeper, train, clock=Clock(), sleep=forget)
    sweep(SweepCommand(Metric(), on_ended=lambda trial, state, how: ended.append(state)))
    assert ended[0] is None
    assert set(ended[1:]) == {TrialState.COMPLETE}


def test_a_training_without_epochs_is_a_failure() -> None:
    """There is nothing to compare it by, and its record says so."""
    result = swept(FakeSweeper(small_plan(1)), lambda trial, on_epoch: None)
    assert "without an epoch" in result.records[0].reason
