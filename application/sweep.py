"""Use case: run the trials of a sweep, one after another, until enough of them are finished."""

import contextlib
import errno
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

from application.runs.run_context import bound, new_run_id
from domain.errors import ArxivClassifierError, SweepStorageError
from domain.ports.classifier import Epoch
from domain.ports.sweeper import Sweeper, Trial
from domain.sweep import Metric, TrialPruned, TrialRecord, TrialState, TrialTaken, best_of

MOST_FAILURES = 3
POLL_SECONDS = 1.0
# What no training is to blame for: a disk that is full, broken, or was made read-only.
_FAULTS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})

# Trains with a trial's parameters and tells each epoch; what it raises ends the trial.
RunTrial = Callable[[Trial, Callable[[Epoch], None]], None]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SweepCommand:
    """How one process takes part in a sweep: `timeout` seconds after it began, no more is trained.

    `on_ended` hears of each trial that this process ended, in what state and how; in None where it is to be run again.
    """

    metric: Metric
    timeout: float | None = None
    on_ended: Callable[[Trial, TrialState | None, str], None] = lambda trial, state, how: None


@dataclass(frozen=True, slots=True)
class SweepResult:
    """Every trial so far, the best of them, and whether time ran out before all were finished."""

    records: tuple[TrialRecord, ...]
    best: TrialRecord | None
    timed_out: bool


class Sweep:
    """Asks for trials and runs them; one that fails is recorded, and the sweep goes on with the next.

    Each is a run of its own, whose id and number are in all that is logged of it. Three failures in a row for the same
    reason end the sweep. A trial that is interrupted is left to be run again, and so is one that the disk had no room
    for, which ends the sweep at once.
    """

    def __init__(
        self,
        sweeper: Sweeper,
        run_trial: RunTrial,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._sweeper = sweeper
        self._run_trial = run_trial
        self._clock = clock
        self._sleep = sleep

    def __call__(self, command: SweepCommand) -> SweepResult:
        """What became of the sweep; SweepStorageError where its storage is lost for good."""
        deadline = None if command.timeout is None else self._clock() + command.timeout
        timed_out = False
        while not (timed_out := self._is_past(deadline)):
            trial = self._sweeper.next_trial()
            if trial is not None:
                with bound(trial=trial.number, run_id=new_run_id()):
                    self._run(trial, command, deadline)
            elif self._sweeper.is_over():
                break
            else:
                self._sleep(POLL_SECONDS)  # others are busy with the last trials, and may yet leave one behind
        records = tuple(self._sweeper.records())
        return SweepResult(records, best_of(records, command.metric), timed_out)

    def _run(self, trial: Trial, command: SweepCommand, deadline: float | None) -> None:
        watch = _Watch(trial, command.metric, lambda: self._is_past(deadline))
        try:
            self._run_trial(trial, watch)
            score = watch.score()
        except TrialPruned:
            trial.prune()
            command.on_ended(trial, TrialState.PRUNED, "pruned")
        except TrialTaken:
            command.on_ended(trial, None, "left to the process that has taken it up")
        except _TimeUp:
            trial.give_back()
            command.on_ended(trial, None, "stopped, as time is up; it goes on when the sweep does")
        except SweepStorageError:
            raise
        except Exception as error:  # whatever a training raises is that trial's end, and not the sweep's
            fault = _fault_of_the_disk(error)
            if fault is None:
                self._fail(trial, error, command)
            else:
                self._leave(trial)
                raise SweepStorageError(
                    f"Trial {trial.number} could not be kept: {fault}. It is left to be run again. Mend that, and the "
                    "same command goes on."
                ) from error
        except BaseException:
            self._leave(trial)
            raise
        else:
            trial.complete(score)
            command.on_ended(trial, TrialState.COMPLETE, f"{command.metric.name} {score:.4f}")

    @staticmethod
    def _leave(trial: Trial) -> None:
        # Where the storage is away, the trial is taken up all the same once this process is gone.
        with contextlib.suppress(SweepStorageError):
            trial.give_back()

    def _fail(self, trial: Trial, error: Exception, command: SweepCommand) -> None:
        reason = _reason(error)
        if not isinstance(error, ArxivClassifierError):
            fields = {"event": "trial_failed", "trial": trial.number}
            _logger.error("Trial %d failed.", trial.number, exc_info=error, extra=fields)
        trial.fail(reason)
        command.on_ended(trial, TrialState.FAILED, f"failed: {reason}")
        failures = self._latest_failures(reason)
        if failures >= MOST_FAILURES:
            raise ArxivClassifierError(
                f"The last {failures} trials failed alike: {reason}. Mend that, and the same command goes on with the "
                "trials that are left; those that failed count, and a greater --sweep-count makes up for them."
            )

    def _latest_failures(self, reason: str) -> int:
        """How many of the newest finished trials failed, one after another, for that reason's kind."""
        ended = [record for record in self._sweeper.records() if record.state != TrialState.RUNNING]
        newest_first = sorted(ended, key=lambda record: record.number, reverse=True)
        kind = _kind(reason)
        return len(
            list(takewhile(lambda each: each.state == TrialState.FAILED and _kind(each.reason) == kind, newest_first))
        )

    def _is_past(self, deadline: float | None) -> bool:
        return deadline is not None and self._clock() >= deadline


class _TimeUp(Exception):
    """Raised out of a training when the sweep's time is up."""


class _Watch:
    """Hears of each epoch: remembers its metric, reports it, and stops the training where there is a reason to."""

    def __init__(self, trial: Trial, metric: Metric, time_is_up: Callable[[], bool]) -> None:
        self._trial = trial
        self._metric = metric
        self._time_is_up = time_is_up
        self._values = dict(trial.epochs)

    def __call__(self, epoch: Epoch) -> None:
        self._values[epoch.number] = self._metric.of(epoch.metrics)
        self._trial.report(epoch.metrics, epoch=epoch.number)
        if self._time_is_up():
            raise _TimeUp

    def score(self) -> float:
        """The best epoch's metric: that epoch's weights are what a training keeps."""
        values = iter(self._values.values())
        best = next(values, None)
        if best is None:
            raise ArxivClassifierError("The training ended without an epoch, so that there is nothing to compare.")
        for value in values:
            best = value if self._metric.better(value, best) else best
        return best


def _reason(error: Exception) -> str:
    sentence = " ".join(str(error).split()).removesuffix(".")
    return sentence if isinstance(error, ArxivClassifierError) else f"{type(error).__name__}: {sentence}"


def _fault_of_the_disk(error: BaseException) -> str | None:
    """What the system said of the disk, where that is behind the error."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _FAULTS:
            return f"{seen.filename}: {seen.strerror}" if seen.filename else str(seen.strerror)
        seen = seen.__cause__ or seen.__context__
    return None


def _kind(reason: str) -> str:
    """A reason without its numbers, which differ from trial to trial."""
    return "".join("#" if character.isdigit() else character for character in reason)
