"""The API's log: structlog's events and messages of Django and granian, in one format."""

import logging

from entrypoints import logs
from entrypoints.log_lines import configure_structlog


def set_up(log_format: str = "auto", log_level: str = "info") -> None:
    """Makes structlog and the standard library's loggers write to stderr, as JSON unless stderr is a terminal."""
    handler = logs.set_up(log_format, log_level, service=True)
    configure_structlog(as_json=handler.as_json, colors=handler.colors, level=logs.level_of(log_level))
    # Refused and failed requests have their own events: request_finished and request_failed.
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    logging.getLogger("django.security").setLevel(logging.ERROR)
