"""The number of requests that a process is answering."""

import threading
import time
from contextvars import ContextVar

_LOOK_EVERY = 0.001


class ActiveRequests:
    """Counts requests from their begin until their answer is sent, so that background work can wait.

    A context has one request at a time. Beginning the next one ends the one before.
    """

    def __init__(self) -> None:
        self._busy: ContextVar[bool] = ContextVar("busy", default=False)
        self._lock = threading.Lock()
        self._count = 0

    def begin(self) -> None:
        """Counts a request of this context as active."""
        if not self._busy.get():
            self._busy.set(True)
            with self._lock:
                self._count += 1

    def end(self, **_: object) -> None:
        """Ends this context's request, if it has one. It can be connected to Django's signal."""
        if self._busy.get():
            self._busy.set(False)
            with self._lock:
                self._count -= 1

    def wait(self, seconds: float) -> bool:
        """Waits until no request is active, for `seconds` at most. Returns whether none is active."""
        deadline = time.monotonic() + seconds
        while self._count:
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_EVERY)
        return True
