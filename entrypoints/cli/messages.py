"""Messages of a command beside its output: plain sentences on stderr, or log lines if the log is JSON."""

import logging
from collections.abc import Callable

from domain.log_events import log_event
from entrypoints.logs import writes_json
from entrypoints.standard_error import write_line

_logger = logging.getLogger(__name__)


def say(
    line: str,
    /,
    *,
    event: str,
    level: int = logging.INFO,
    exception: BaseException | None = None,
    plainly: Callable[[str], None] = write_line,
    **fields: object,
) -> None:
    """Writes `line` by `plainly` for people, or the event with its fields if the log is JSON.

    The traceback of `exception` is only in JSON.
    """
    if writes_json():
        log_event(_logger, event, line, level=level, exception=exception, **fields)
    else:
        plainly(line)
