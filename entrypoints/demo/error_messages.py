"""What the page says of an error, and what of it goes into the log."""

import logging

from domain.errors import ArxivClassifierError

_logger = logging.getLogger(__name__)
UNFORESEEN = "Something unforeseen happened. Try again, or ask who runs this page."


def sentence(error: Exception) -> str:
    """A sentence for who asked; an error that nobody foresaw is logged with its traceback, and its words stay there."""
    if isinstance(error, ArxivClassifierError):
        return str(error)
    _logger.error("A request of the page failed.", exc_info=error, extra={"event": "request_failed"})
    return UNFORESEEN
