"""Ends every run once, and keeps a tracker's failures from ending one."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from typing_extensions import override

from application.run_context import bound, current_run_id, new_run_id
from domain.ports.tracker import Run, Tracker

_logger = logging.getLogger(__name__)


@contextmanager
def tracked_run(tracker: Tracker, name: str, config: Mapping[str, object]) -> Iterator[Run]:
    """A run that ends with the block, as failed where the block raises.

    Its id, the one bound already or else a new one, is in its configuration and in every log line of the block.
    """
    with bound(run_id=current_run_id() or new_run_id()):
        run = tracker.start(name, {**config, "run_id": current_run_id()})
        _logger.info("Run %s started.", name, extra={"event": "run_started", "run": name})
        started, succeeded = time.monotonic(), False
        try:
            yield run
            succeeded = True
        finally:
            run.finish(succeeded=succeeded)
            _tell_end(name, time.monotonic() - started, succeeded=succeeded)


def _tell_end(name: str, seconds: float, *, succeeded: bool) -> None:
    how = "finished" if succeeded else "failed"
    fields = {"event": "run_finished", "run": name, "succeeded": succeeded, "seconds": round(seconds, 3)}
    _logger.log(
        logging.INFO if succeeded else logging.ERROR, "Run %s %s after %.1f s.", name, how, seconds, extra=fields
    )


class SafeTracker(Tracker):
    """Starts runs of another tracker; where that one fails, the failure is logged and the work goes on untracked."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        try:
            return _SafeRun(self._tracker.start(name, config))
        except Exception:
            _logger.exception(
                "The tracker could not start the run %s; it goes on untracked.",
                name,
                extra={"event": "tracker_failed", "action": "start the run", "run": name},
            )
            return _SafeRun(None)


class _SafeRun(Run):
    def __init__(self, run: Run | None) -> None:
        self._run = run

    @override
    def log(self, metrics: Mapping[str, float], *, step: int | None = None) -> None:
        self._attempt("record metrics", lambda run: run.log(metrics, step=step))

    @override
    def log_model(self, folder: Path, *, name: str) -> None:
        self._attempt("record the model", lambda run: run.log_model(folder, name=name))

    @override
    def finish(self, *, succeeded: bool) -> None:
        self._attempt("finish the run", lambda run: run.finish(succeeded=succeeded))

    def _attempt(self, what: str, call: Callable[[Run], None]) -> None:
        if self._run is None:
            return
        try:
            call(self._run)
        except Exception:
            _logger.exception(
                "The tracker could not %s; the run goes on.", what, extra={"event": "tracker_failed", "action": what}
            )
