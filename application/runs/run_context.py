"""The fields that every log line of a block carries, and the ids of runs."""

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_fields: ContextVar[Mapping[str, str | int] | None] = ContextVar("run_fields", default=None)
# The fields bound by the main thread. Threads that a library starts, such as a tracker's, do not inherit the context
# variable, and their log lines belong to the run of the process.
_of_process: Mapping[str, str | int] = {}


def new_run_id(now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """Returns a unique id. Ids sort by the second in which they were made."""
    return f"{now().astimezone(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


@contextmanager
def bound(**fields: str | int) -> Iterator[None]:
    """Adds these fields to every log line of the block, beside those bound outside it."""
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
    """Returns the id of the current run, or an empty text outside runs."""
    return str(bound_fields().get("run_id", ""))


def bound_fields() -> Mapping[str, str | int]:
    """Returns the fields bound here, or in a thread without its own those of the main thread."""
    own = _fields.get()
    return _of_process if own is None else own
