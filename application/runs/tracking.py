"""Ends every run once, isolates runs from failures of their tracker, and records the environment."""

import logging
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from typing_extensions import override

from application.runs.run_context import bound, current_run_id, new_run_id
from domain.charts import Chart, Table
from domain.log_events import log_event
from domain.ports.tracker import Run, Tracker
from domain.secrets import Redactor
from domain.sweep import TrialPruned

PATIENCE = 30.0
_LONGEST_REASON = 300

_logger = logging.getLogger(__name__)


@contextmanager
def tracked_run(tracker: Tracker, name: str, config: Mapping[str, object]) -> Iterator[Run]:
    """Starts a run that ends with the block. It has failed if the block raises, unless a sweep ended its trial early.

    The run id, bound before or new, is in the run's configuration and in every log line of the block.
    """
    with bound(run_id=current_run_id() or new_run_id()):
        run = tracker.start(name, {**config, "run_id": current_run_id()})
        log_event(_logger, "run_started", f"Run {name} started.", run=name)
        started, succeeded = time.monotonic(), False
        try:
            yield run
            succeeded = True
        except TrialPruned:
            run.mark_pruned()
            succeeded = True  # a pruned trial is no failure
            raise
        finally:
            run.finish(succeeded=succeeded)
            _tell_end(name, time.monotonic() - started, succeeded=succeeded)


def _tell_end(name: str, seconds: float, *, succeeded: bool) -> None:
    how = "finished" if succeeded else "failed"
    log_event(
        _logger,
        "run_finished",
        f"Run {name} {how} after {seconds:.1f} s.",
        level=logging.INFO if succeeded else logging.ERROR,
        run=name,
        succeeded=succeeded,
        seconds=round(seconds, 3),
    )


class DescribingTracker(Tracker):
    """Starts runs of another tracker, with the environment added to their configuration and secrets masked."""

    def __init__(
        self, tracker: Tracker, *, environment: Callable[[], Mapping[str, object]], redactor: Redactor
    ) -> None:
        self._tracker = tracker
        self._environment = environment
        self._redactor = redactor

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        described = {**config, "environment": self._environment()}
        return self._tracker.start(self._redactor.text(name), self._redactor.mapping(described))


@dataclass(frozen=True, slots=True)
class Leniency:
    """The tolerance for a failing tracker.

    After `patience` seconds spent on failing calls, the tracker is not called again before the run's end. `label` names
    it in the log, and `redactor` masks secrets there.
    """

    label: str = "the tracker"
    patience: float = PATIENCE
    redactor: Redactor = field(default_factory=Redactor)
    clock: Callable[[], float] = time.monotonic


class SafeTracker(Tracker):
    """Starts runs of another tracker that never raise.

    Everything that the other tracker fails to record is kept, and offered again after its next success and at the end.
    One log line tells the first failure with its reason, and one at the end what was lost.
    """

    def __init__(self, tracker: Tracker, leniency: Leniency = Leniency()) -> None:
        self._tracker = tracker
        self._leniency = leniency

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        run = _SafeRun(lambda: self._tracker.start(name, config), name, self._leniency)
        run.begin()
        return run


@dataclass(frozen=True, slots=True)
class _Entry:
    what: str
    tell: Callable[[Run], None]
    epoch: int | None = None


class _SafeRun(Run):
    def __init__(self, start: Callable[[], Run], name: str, leniency: Leniency) -> None:
        self._start = start
        self._name = leniency.redactor.text(name)
        self._leniency = leniency
        self._run: Run | None = None
        self._kept: list[_Entry] = []
        self._seconds_failing = 0.0
        self._failed = False

    def begin(self) -> None:
        self._attempt(_Entry("the start", lambda run: None))

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        what = "final metrics" if step is None else f"the metrics of epoch {step}"
        known = dict(metrics)
        self._record(_Entry(what, lambda run: run.log(known, step=step), epoch=step))

    @override
    def log_table(self, name: str, table: Table) -> None:
        self._record(_Entry(f"the table {name}", lambda run: run.log_table(name, table)))

    @override
    def log_chart(self, name: str, chart: Chart) -> None:
        self._record(_Entry(f"the chart {name}", lambda run: run.log_chart(name, chart)))

    @override
    def log_model(self, folder: Path, *, name: str, aliases: Sequence[str] = ()) -> None:
        self._record(_Entry("the model", lambda run: run.log_model(folder, name=name, aliases=aliases)))

    @override
    def mark_pruned(self) -> None:
        self._record(_Entry("that it was pruned", lambda run: run.mark_pruned()))

    @override
    def finish(self, *, succeeded: bool) -> None:
        self._seconds_failing = min(self._seconds_failing, self._leniency.patience * 0.99)  # one last attempt for all
        self._offer_kept()
        label = self._leniency.label
        if self._run is None:
            log_event(
                _logger,
                "tracker_lost",
                f"Tracker {label} recorded nothing of the run {self._name}.",
                level=logging.ERROR,
                tracker=label,
                run=self._name,
                lost="everything",
            )
            return
        end = _Entry("the end", lambda run: run.finish(succeeded=succeeded))
        lost = [*self._kept, *([] if self._attempt(end) else [end])]
        if lost:
            log_event(
                _logger,
                "tracker_lost",
                f"Tracker {label} lost of the run {self._name}: {_listed(lost)}.",
                level=logging.ERROR,
                tracker=label,
                run=self._name,
                lost=_listed(lost),
            )
        elif self._failed:
            log_event(
                _logger,
                "tracker_recovered",
                f"Tracker {label} works again: nothing of the run {self._name} is lost.",
                level=logging.WARNING,
                tracker=label,
                run=self._name,
            )

    def _record(self, entry: _Entry) -> None:
        if self._is_patient() and self._attempt(entry):
            self._offer_kept()
        else:
            self._kept.append(entry)

    def _offer_kept(self) -> None:
        """Offers each kept entry once, in order, while patience lasts."""
        self._kept = [entry for entry in self._kept if not (self._is_patient() and self._attempt(entry))]

    def _is_patient(self) -> bool:
        return self._seconds_failing < self._leniency.patience

    def _attempt(self, entry: _Entry) -> bool:
        started = self._leniency.clock()
        try:
            if self._run is None:
                self._run = self._start()
            entry.tell(self._run)
        except Exception as error:
            self._seconds_failing += self._leniency.clock() - started
            self._explain(entry, error)
            return False
        return True

    def _explain(self, entry: _Entry, error: Exception) -> None:
        clean, label = self._leniency.redactor.text, self._leniency.label
        if not self._failed:
            reason = " ".join(clean(f"{type(error).__name__}: {error}").split())
            reason = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}..."
            log_event(
                _logger,
                "tracker_failed",
                f"Tracker {label} did not take {entry.what} of the run {self._name} ({reason}). The run "
                "goes on; what is missing is offered again.",
                level=logging.ERROR,
                tracker=label,
                run=self._name,
                action=entry.what,
            )
        self._failed = True
        trace = clean("".join(traceback.format_exception(error)))
        log_event(_logger, "tracker_traceback", f"{trace}", level=logging.DEBUG, tracker=label, run=self._name)


def _listed(entries: Sequence[_Entry]) -> str:
    epochs = [entry.epoch for entry in entries if entry.epoch is not None]
    names = list(dict.fromkeys(entry.what for entry in entries if entry.epoch is None or len(epochs) == 1))
    if len(epochs) > 1:
        names.insert(0, f"the metrics of {len(epochs)} epochs from {min(epochs)} to {max(epochs)}")
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
