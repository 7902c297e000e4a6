"""Log lines that name their event."""

import logging


def log_event(
    logger: logging.Logger,
    event: str,
    sentence: str = "",
    /,
    *,
    level: int = logging.INFO,
    exception: BaseException | None = None,
    **fields: object,
) -> None:
    """Logs an event. People read the sentence, and programs read the event's name and its fields.

    Without a sentence people read the name and the fields. The traceback of `exception` follows.
    """
    if logger.isEnabledFor(level):
        logger.log(level, "%s", sentence, exc_info=exception, stacklevel=2, extra={"event": event, **fields})
