"""The computation of one request, which ends at a deadline or when the client has gone."""

import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpRequest

from entrypoints.rest.http.connections import Connection
from entrypoints.rest.http.gil_turns import computing_clock, give_up_turn_if_large, turn_given_up
from entrypoints.rest.http.problems import Problem, ProblemError

WORK = "arxiv_classifier.work"
"""Key of the WSGI environment that holds a request's work; no header can have this name."""

_LONG = 0.25  # seconds of computing after which a request counts as long
_LARGE_AT_ONCE = 2
_LOOK_EVERY = 0.05
_LOOK_UP_EVERY = 0.5
_BUSY = Problem(
    503,
    "too-busy",
    "Too many long requests are being computed. Ask again later, or for fewer abstracts at once.",
    (),
    (("Retry-After", "5"),),
)


class ClientGoneError(Exception):
    """An error that ends the work for a client that has closed its connection."""


class WorkLimits:
    """The limits of computing in a process: numbers of `quick` and `long` requests at a time, and seconds of each.

    A request is quick until it has computed for a quarter of a second. To wait for its turn at Python does not count,
    and to wait for an explanation does. If the number of long requests is then reached, it ends with 503, so that quick
    ones always find a thread. Explanations have a limit of their own, and `large` requests have threads of their own
    until they are long.
    """

    def __init__(self, *, quick: int, long: int, seconds: float, explanations: int) -> None:
        self.large = _LARGE_AT_ONCE
        self.threads = self.large + quick + long
        self.seconds = seconds
        self.explanations = threading.BoundedSemaphore(explanations)
        self.places = threading.BoundedSemaphore(long)
        self._waiting: dict[int, float] = {}

    def work(self, client: tuple[str, int] | None = None, *, waits: bool = True) -> "Work":
        """Returns the work of a request from an address and port. With `waits`, it waits for its turn from now on."""
        work = Work(self.seconds, self, client)
        if waits:
            self._waiting[id(work)] = time.monotonic()
        return work

    def begun(self, work: "Work") -> None:
        """Marks a request as no longer waiting."""
        self._waiting.pop(id(work), None)

    def longest_wait(self) -> float:
        """Returns the longest time in seconds that a request has been waiting for its turn; 0 if none waits."""
        waiting = tuple(self._waiting.values())
        return time.monotonic() - min(waiting) if waiting else 0.0


class Work:
    """The computation of one request. `check` is called between its parts, from one thread at a time."""

    def __init__(
        self, seconds: float, work_limits: WorkLimits | None = None, client: tuple[str, int] | None = None
    ) -> None:
        self.gone = threading.Event()
        self._seconds = seconds
        self._limits = work_limits
        self._client = client
        self._connection: Connection | None = None
        self._context = contextvars.copy_context()
        self._there = time.monotonic()
        self._begun = computing_clock()
        self._computed = self._looked = 0.0
        self._is_long = False
        self._when_long: Callable[[], None] | None = None

    def when_long(self, function: Callable[[], None]) -> None:
        """Sets a function that is called once, from any thread, when the request counts as long."""
        self._when_long = function

    def begin(self) -> None:
        """Marks the request as no longer waiting."""
        if self._limits is not None:
            self._limits.begun(self)

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Calls a function that computes for the request, in the context of the calls before.

        The seconds of all calls are added up. The deadline counts from the arrival of the request.
        """
        self._begun = computing_clock() - self._computed
        try:
            return self._context.run(function, *arguments)
        finally:
            self._computed = computing_clock() - self._begun

    def end(self) -> None:
        """Marks the work as finished. No thread may compute for it afterwards."""
        if self._connection is not None:
            self._connection.close()
        if self._limits is not None:
            self._limits.begun(self)
            if self._is_long:
                self._is_long = False
                self._limits.places.release()

    def check(self) -> None:
        """Raises ClientGoneError, or a ProblemError of status 503 past the deadline or with too many long requests."""
        give_up_turn_if_large()
        now = time.monotonic()
        if self.gone.is_set() or (self._is_long and self._has_closed(now)):
            raise ClientGoneError
        if now - self._there > self._seconds:
            raise ProblemError(_too_slow(self._seconds))
        if self._limits is not None and not self._is_long and computing_clock() - self._begun > _LONG:
            if not self._limits.places.acquire(blocking=False):
                raise ProblemError(_BUSY)
            self._is_long = True
            if self._when_long is not None:
                self._when_long()

    def _has_closed(self, now: float) -> bool:
        """Returns whether the client of a long request has closed its connection, checked twice a second.

        The server reports it too, except if the client has sent anything behind the request.
        """
        if self._client is None or now - self._looked < _LOOK_UP_EVERY:
            return False
        self._looked = now
        if self._connection is None:
            self._connection = Connection(self._client)
        return self._connection.closed()

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Counts an explanation during the block. Waits while the limit of explanations is reached."""
        self.check()
        if self._limits is None:
            yield
            return
        with turn_given_up():
            while not self._limits.explanations.acquire(timeout=_LOOK_EVERY):
                self.check()
        try:
            yield
        finally:
            self._limits.explanations.release()


def _too_slow(seconds: float) -> Problem:
    detail = f"The request took more than {seconds:g} seconds. Send fewer abstracts at once."
    return Problem(503, "too-slow", detail, (), (("Retry-After", "5"),))


def work_of(request: HttpRequest, seconds: float) -> Work:
    """Returns the work of a request. Without our server, as under `manage runserver`, it begins here."""
    found = request.META.get(WORK)
    if not isinstance(found, Work):
        found = request.META[WORK] = Work(seconds)
    return found
