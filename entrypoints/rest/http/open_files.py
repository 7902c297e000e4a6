"""The number of connections that the system allows a process."""

import contextlib
import logging
import resource

from domain.log_events import log_event

_logger = logging.getLogger(__name__)
# Files of the model, metrics, logs and listeners, and some that are open for a moment.
_OTHERS = 100


def open_connections(wanted: int) -> int:
    """Returns the number of connections that are possible, at most `wanted`.

    Raises the process's soft limit of open files as far as the hard limit allows it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY in (soft, hard):
        return wanted
    if soft < wanted + _OTHERS:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted + _OTHERS, hard), hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(1, min(wanted, soft - _OTHERS))


def tell_where_limited(connections: int, wanted: int) -> None:
    """Logs if fewer connections are possible than wanted."""
    if connections < wanted:
        log_event(_logger, "connections_limited", level=logging.WARNING, connections=connections, wanted=wanted)
