"""Structured logs: one event name for each thing, as JSON or for a console, on stderr."""

import contextlib
import logging
import sys
from typing import Any

import structlog


class _Stderr:
    """Writes lines; a full disk or a reader that has gone costs lines and never a request."""

    def msg(self, message: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{message}\n")
            sys.stderr.flush()

    log = debug = info = warning = warn = error = critical = exception = fatal = failure = msg


def _factory(*_: Any) -> _Stderr:
    return _Stderr()


class _ToStructlog(logging.Handler):
    """What libraries log goes the same way."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = structlog.get_logger(record.name)
        level = record.levelname.lower() if record.levelno <= logging.CRITICAL else "error"
        with contextlib.suppress(Exception):  # a log line that cannot be made is not worth a request
            getattr(logger, level, logger.info)(record.getMessage(), **_traceback(record))


def _tracebacks() -> structlog.typing.Processor:
    """Without local variables: they hold papers, and the repr of a query of the database asks it once more."""
    return structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))


def _traceback(record: logging.LogRecord) -> dict[str, Any]:
    return {"exc_info": record.exc_info} if record.exc_info else {}


def set_up(log_format: str) -> None:
    """Makes structlog and the standard library's loggers write here."""
    console = log_format == "console"
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *([] if console else [_tracebacks()]),
            structlog.dev.ConsoleRenderer(colors=False) if console else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=_factory,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers = [_ToStructlog()]
    root.setLevel(logging.WARNING)
    logging.getLogger("django.request").setLevel(logging.ERROR)  # a refused request has its own line
    logging.getLogger("django.security").setLevel(logging.ERROR)
