"""Ends every run once, and keeps a tracker's failures from ending one."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from typing_extensions import override

from domain.ports.tracker import Run, Tracker

_logger = logging.getLogger(__name__)


@contextmanager
def tracked_run(tracker: Tracker, name: str, config: Mapping[str, object]) -> Iterator[Run]:
    """A run that ends with the block, as failed where the block raises."""
    run = tracker.start(name, config)
    succeeded = False
    try:
        yield run
        succeeded = True
    finally:
        run.finish(succeeded=succeeded)


class SafeTracker(Tracker):
    """Starts runs of another tracker; where that one fails, the failure is logged and the work goes on untracked."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker

    @override
    def start(self, name: str, config: Mapping[str, object]) -> Run:
        try:
            return _SafeRun(self._tracker.start(name, config))
        except Exception:
            _logger.exception("The tracker could not start the run %s; it goes on untracked.", name)
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
            _logger.exception("The tracker could not %s; the run goes on.", what)
