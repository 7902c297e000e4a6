"""The log of every entrypoint: a line per event on stderr, for people or as JSON. docs/logging.md has the events."""

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from typing_extensions import override

from entrypoints.debug_variable import warn_of_debug
from entrypoints.settings import Settings, load_settings
from entrypoints.standard_error import on_terminal, write_line

# These libraries add handlers to their loggers when they are imported.
_ADOPTED = ("alembic", "mlflow", "optuna", "sqlalchemy.engine", "uvicorn")
_OWN = ("domain", "application", "adapters", "entrypoints")


class StderrHandler(logging.Handler):
    """A handler that writes records to the current stderr.

    The first record imports structlog, which takes 0.24 s, a third of a cold `predict --text`.
    """

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json
        self.colors = not as_json and _has_colors()

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:  # a mistake in a log line loses its sentence or fields, and never stops the work
            line = self._without_what_is_wrong(record)
        write_line(line)

    @override
    def format(self, record: logging.LogRecord) -> str:
        if self.formatter is None:
            from entrypoints.log_lines import formatter

            self.formatter = formatter(as_json=self.as_json, colors=self.colors)
        return self.formatter.format(record)

    def _without_what_is_wrong(self, record: logging.LogRecord) -> str:
        from entrypoints.log_secrets import Mask

        said = f"{_shown(record.msg)} {_shown(record.args)}"
        kept = {
            name: getattr(record, name) for name in ("name", "levelname", "levelno", "event") if hasattr(record, name)
        }
        try:
            return self.format(logging.makeLogRecord({**kept, "msg": said}))
        except Exception:
            return Mask(os.environ).text(f"{record.levelname} {record.name}: {said}")


class _Adopted(logging.Logger):
    """The logger of a library that would otherwise write to stderr in its own format as soon as it is imported.

    It ignores the library's own settings. Its lines go to the root's handlers, from the level for libraries on.
    """

    handlers = property(lambda _: [], lambda _, __: None)
    propagate = property(lambda _: True, lambda _, __: None)

    @override
    def setLevel(self, level: int | str) -> None:
        """Keeps the level."""


def configured(flags: Mapping[str, object] | None = None, *, config: Path | None = None) -> Settings:
    """Returns the effective settings, and sets up the log by them."""
    settings = load_settings(flags, config=config)
    set_up(settings.log_format, settings.log_level)
    return settings


def set_up(log_format: str, log_level: str, *, service: bool = False) -> StderrHandler:
    """Makes the log go to stderr, and returns its handler. A second call replaces the first one's handler.

    `auto` is the console format on a terminal. Elsewhere it is JSON for a `service`, whose log is collected, and the
    console format for a command, whose stderr a person reads later.
    """
    handler = StderrHandler(as_json=log_format == "json" or (log_format == "auto" and service and not on_terminal()))
    level = level_of(log_level)
    root = logging.getLogger()
    for previous in [each for each in root.handlers if isinstance(each, StderrHandler)]:
        root.removeHandler(previous)
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))  # below this level, libraries log more than is useful
    for package in _OWN:
        logging.getLogger(package).setLevel(level)
    for library in _ADOPTED:
        logger = logging.getLogger(library)
        logger.setLevel(logging.NOTSET)
        logger.__class__ = _Adopted
    logging.captureWarnings(True)
    warn_of_debug()
    return handler


def level_of(name: str) -> int:
    """Returns the standard library's number of a level."""
    return logging.getLevelNamesMapping()[name.upper()]


def writes_json() -> bool:
    """Returns whether the log is set up and writes JSON."""
    return any(isinstance(each, StderrHandler) and each.as_json for each in logging.getLogger().handlers)


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # empty values are left out
        return "?"


def _has_colors() -> bool:
    return on_terminal() and not os.environ.get("NO_COLOR") and os.name != "nt"
