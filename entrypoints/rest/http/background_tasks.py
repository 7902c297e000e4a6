"""Work in the background."""

import contextlib
import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Job = TypeVar("Job")


class BackgroundTasks(Generic[Job]):
    """Does jobs one after another in a thread of its own, which the first job starts.

    At most `most` jobs wait. Submitting a job never blocks. `handle` must catch its own errors.
    """

    def __init__(self, name: str, handle: Callable[[Job], None], *, most: int) -> None:
        self._name = name
        self._handle = handle
        self._jobs: queue.Queue[Job | None] = queue.Queue(most)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopped = False

    def submit(self, job: Job) -> bool:
        """Submits a job. Returns False, and drops the job, if the queue is full."""
        if self._thread is None:
            self._start()
        try:
            self._jobs.put_nowait(job)
        except queue.Full:
            return False
        return not self._stopped

    def close(self, seconds: float, *, finish: bool) -> None:
        """Ends the thread after the current job or, with `finish`, after all waiting jobs. Waits `seconds` at most."""
        if self._thread is None:
            return
        self._stopped = not finish
        deadline = time.monotonic() + seconds
        with contextlib.suppress(queue.Full):
            self._jobs.put(None, timeout=seconds if finish else 0)
        self._thread.join(max(0.0, deadline - time.monotonic()))

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name=self._name)
                self._thread.start()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None and not self._stopped:
            self._handle(job)
