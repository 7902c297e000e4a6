"""Turns: of all threads that have a request, one at a time runs Python for it.

Threads that all want the interpreter's lock hand it to one another in the middle of requests of half a millisecond:
with eight clients a worker gave 550 answers a second, and taking turns 740, the slowest in 100 after 15 ms and not 25.
Of the requests with large bodies one at a time waits for its turn, so that small ones wait for one of them at most.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.http import HttpRequest, HttpResponseBase

Handler = Callable[[HttpRequest], HttpResponseBase]
_LARGE = 1 << 17
_turn = threading.Lock()
_turn_of_large = threading.Lock()
_held = threading.local()


def in_turn(handler: Handler) -> Handler:
    """The handler, called by one thread at a time; the response is read, and so sent, outside the turn."""

    def handle(request: HttpRequest) -> HttpResponseBase:
        large = int(request.META.get("CONTENT_LENGTH") or 0) > _LARGE
        _take(large=large)
        _held.yes, _held.large = True, large
        try:
            return handler(request)
        finally:
            _held.yes = False
            _give(large=large)

    return handle


@contextmanager
def aside() -> Iterator[None]:
    """Gives the turn to others meanwhile: for what takes long, or waits, or computes outside the interpreter.

    No other lock may be taken before it that someone with a turn may want.
    """
    if not getattr(_held, "yes", False):
        yield
        return
    _held.yes = False
    _give(large=_held.large)
    try:
        yield
    finally:
        _take(large=_held.large)
        _held.yes = True


def let_others() -> None:
    """Lets requests that wait have the turn, between two parts of a large one."""
    if getattr(_held, "yes", False) and _held.large:
        with aside():
            pass


def _take(*, large: bool) -> None:
    if large:
        _turn_of_large.acquire()
    _turn.acquire()


def _give(*, large: bool) -> None:
    _turn.release()
    if large:
        _turn_of_large.release()
