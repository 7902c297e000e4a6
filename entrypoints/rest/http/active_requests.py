"""How many requests a process is answering now."""

import threading
import time
from contextvars import ContextVar

_LOOK_EVERY = 0.001


class InHand:
    """Counts requests from when they are begun until their answer is sent, so that other work can stand aside.

    Each context has one request at a time; the one that it begins ends the one before.
    """

    def __init__(self) -> None:
        self._busy: ContextVar[bool] = ContextVar("busy", default=False)
        self._lock = threading.Lock()
        self._count = 0

    def begin(self) -> None:
        """This context has a request in hand."""
        if not self._busy.get():
            self._busy.set(True)
            with self._lock:
                self._count += 1

    def end(self, **_: object) -> None:
        """This context's request, if it has one, is answered; can be connected to Django's signal."""
        if self._busy.get():
            self._busy.set(False)
            with self._lock:
                self._count -= 1

    def wait(self, seconds: float) -> bool:
        """Waits until none is in hand, for so long at most; whether that came to be."""
        deadline = time.monotonic() + seconds
        while self._count:
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_EVERY)
        return True
