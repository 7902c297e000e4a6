"""Limits the rate of requests. arXiv's terms of use allow one request in three seconds."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """Monotonic seconds, a sleep function and the current time in UTC."""

    seconds: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


@dataclass(slots=True)
class Pace:
    """Keeps at least `pause` seconds between a response and the next request."""

    pause: float
    clock: Clock
    _last: float | None = field(default=None, init=False)

    def wait(self) -> None:
        """Waits until the next request may be sent."""
        if self._last is not None:
            left = self._last + self.pause - self.clock.seconds()
            if left > 0:
                self.clock.sleep(left)

    def answered(self) -> None:
        """Records that a request was answered or has failed."""
        self._last = self.clock.seconds()


def seconds_of_retry_after(value: str | None, now: datetime) -> float | None:
    """Returns the seconds to wait by a Retry-After header (a number or a date), or None for any other text."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdecimal():
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
