"""What a command tells its user beside its output: plain sentences on stderr, or log lines where the log is JSON."""

import logging
from collections.abc import Callable

from entrypoints.logs import write_line, writes_json

_logger = logging.getLogger(__name__)


def say(
    line: str,
    /,
    *,
    event: str,
    level: int = logging.INFO,
    plainly: Callable[[str], None] = write_line,
    **fields: object,
) -> None:
    """Tells a person `line` by `plainly`, or a machine the event with its fields: stderr is never of both forms."""
    if writes_json():
        _logger.log(level, "%s", line, extra={"event": event, **fields})
    else:
        plainly(line)
