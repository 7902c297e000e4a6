"""Use case: run the trials of a sweep until enough of them are finished."""

import contextlib
import errno
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

from application.runs.run_context import bound, new_run_id
from domain.errors import ArxivClassifierError, SweepStorageError
from domain.log_events import log_event
from domain.ports.classifier import Epoch
from domain.ports.sweeper import Sweeper, Trial
from domain.sweep import Metric, TrialPruned, TrialRecord, TrialState, TrialTaken, best_of

MOST_FAILURES = 3
POLL_SECONDS = 1.0
# Errors of the disk: full, broken or read-only.
_FAULTS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})

# Trains with a trial's parameters and reports each epoch. An error that it raises ends the trial.
RunTrial = Callable[[Trial, Callable[[Epoch], None]], None]

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SweepCommand:
    """The settings of one process in a sweep. No training starts or continues `timeout` seconds after the start.

    `on_ended` receives each trial that this process ended, its state and a description. The state is None if the trial
    will run again.
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
    """Requests trials and runs them. A failed trial is recorded, and the sweep continues with the next one.

    Each trial is a run of its own, and its log lines carry its run id and number. Three consecutive failures for the
    same reason end the sweep. An interrupted trial is returned to be run again. A trial that fails because of the disk
    is returned too, and ends the sweep at once.
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
        """Returns the sweep's trials. Raises SweepStorageError if its storage is lost."""
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
                self._sleep(POLL_SECONDS)  # other processes run the last trials and may give one back
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
            command.on_ended(trial, None, "stopped because time is up; it continues with the sweep")
        except SweepStorageError:
            raise
        except Exception as error:  # any error of a training ends its trial only
            fault = _fault_of_the_disk(error)
            if fault is None:
                self._fail(trial, error, command)
            else:
                self._leave(trial)
                raise SweepStorageError(
                    f"Trial {trial.number} could not be saved: {fault}. It will run again. Fix the disk and repeat "
                    "the command to continue."
                ) from error
        except BaseException:
            self._leave(trial)
            raise
        else:
            trial.complete(score)
            command.on_ended(trial, TrialState.COMPLETE, f"{command.metric.name} {score:.4f}")

    @staticmethod
    def _leave(trial: Trial) -> None:
        # If the storage is down, another process takes the trial over after this one has ended.
        with contextlib.suppress(SweepStorageError):
            trial.give_back()

    def _fail(self, trial: Trial, error: Exception, command: SweepCommand) -> None:
        reason = _reason(error)
        if not isinstance(error, ArxivClassifierError):
            log_event(
                _logger,
                "trial_failed",
                f"Trial {trial.number} failed.",
                level=logging.ERROR,
                exception=error,
                trial=trial.number,
            )
        trial.fail(reason)
        command.on_ended(trial, TrialState.FAILED, f"failed: {reason}")
        failures = self._latest_failures(reason)
        if failures >= MOST_FAILURES:
            raise ArxivClassifierError(
                f"The last {failures} trials failed alike: {reason}. Fix that and repeat the command to continue with "
                "the remaining trials. Failed trials count, so a greater --sweep-count makes up for them."
            )

    def _latest_failures(self, reason: str) -> int:
        """Returns how many of the newest finished trials failed in a row for that kind of reason."""
        ended = [record for record in self._sweeper.records() if record.state != TrialState.RUNNING]
        newest_first = sorted(ended, key=lambda record: record.number, reverse=True)
        kind = _kind(reason)
        return len(
            list(takewhile(lambda each: each.state == TrialState.FAILED and _kind(each.reason) == kind, newest_first))
        )

    def _is_past(self, deadline: float | None) -> bool:
        return deadline is not None and self._clock() >= deadline


class _TimeUp(Exception):
    """Raised to end a training when the sweep's time is up."""


class _Watch:
    """Records and reports each epoch's metric, and stops the training if the trial should end."""

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
        """Returns the best epoch's metric. Training keeps that epoch's weights."""
        values = iter(self._values.values())
        best = next(values, None)
        if best is None:
            raise ArxivClassifierError("The training ended without an epoch, so there is no score.")
        for value in values:
            best = value if self._metric.better(value, best) else best
        return best


def _reason(error: Exception) -> str:
    sentence = " ".join(str(error).split()).removesuffix(".")
    return sentence if isinstance(error, ArxivClassifierError) else f"{type(error).__name__}: {sentence}"


def _fault_of_the_disk(error: BaseException) -> str | None:
    """Returns the system's message if a disk error caused `error`, else None."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno in _FAULTS:
            return f"{seen.filename}: {seen.strerror}" if seen.filename else str(seen.strerror)
        seen = seen.__cause__ or seen.__context__
    return None


def _kind(reason: str) -> str:
    """Returns a reason without its numbers, which differ between trials."""
    return "".join("#" if character.isdigit() else character for character in reason)
