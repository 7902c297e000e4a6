"""Messages of errors on the page, and the log lines of unforeseen ones."""

import logging

from domain.errors import ArxivClassifierError, InvalidFieldError
from domain.log_events import log_event

_logger = logging.getLogger(__name__)
UNFORESEEN = "Something unforeseen happened. Try again, or ask who runs this page."


def sentence(error: Exception) -> str:
    """Returns a sentence for the user. The text of an unforeseen error goes to the log alone, with its traceback."""
    if isinstance(error, InvalidFieldError):
        return error.message  # without the name of a setting, which only the operator can change
    if isinstance(error, ArxivClassifierError):
        return str(error)
    log_event(_logger, "request_failed", "A request of the page failed.", level=logging.ERROR, exception=error)
    return UNFORESEEN
