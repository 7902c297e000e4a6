"""Which run a log line belongs to: fields that every line of a block carries, and the ids of runs."""

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_fields: ContextVar[Mapping[str, str | int] | None] = ContextVar("run_fields", default=None)
# What the main thread has bound. Threads that a library starts, as a tracker's, know nothing of the context variable,
# and what they log belongs to the run of the process.
_of_process: Mapping[str, str | int] = {}


def new_run_id(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """An id that no other run has; sorted, ids are in the order of their second."""
    return f"{now().astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@contextmanager
def bound(**fields: str | int) -> Iterator[None]:
    """Lets every log line of the block carry these fields, beside those bound around it."""
    global _of_process
    before, outer = _of_process, bound_fields()
    token = _fields.set({**outer, **fields})
    if threading.current_thread() is threading.main_thread():
        _of_process = {**outer, **fields}
    try:
        yield
    finally:
        _fields.reset(token)
        if threading.current_thread() is threading.main_thread():
            _of_process = before


def current_run_id() -> str:
    """The id of the run that this is part of; empty where there is none."""
    return str(bound_fields().get("run_id", ""))


def bound_fields() -> Mapping[str, str | int]:
    """The fields bound around here; in a thread that has bound none, those of the main thread."""
    own = _fields.get()
    return _of_process if own is None else own
