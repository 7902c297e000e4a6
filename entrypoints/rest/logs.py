"""The API's log: its own events and messages of Django and granian, in one format."""

import logging

from entrypoints import logs


def set_up(log_format: str = "auto", log_level: str = "info") -> None:
    """Makes all loggers write to stderr, as JSON unless stderr is a terminal."""
    logs.set_up(log_format, log_level, service=True)
    # Refused and failed requests have their own events: request_finished and request_failed.
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    logging.getLogger("django.security").setLevel(logging.ERROR)
    logging.getLogger("django.security.DisallowedHost").setLevel(logging.CRITICAL)
