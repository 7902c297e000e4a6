"""Waiting for what another thread, process or page does."""

import time
from collections.abc import Callable


def until(holds: Callable[[], object], *, seconds: float = 90, every: float = 0.02) -> None:
    """Waits until a condition holds, and fails after the given seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(every)
