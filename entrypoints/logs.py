"""The log of every entrypoint: a line per event on stderr, for people or as JSON. docs/logging.md has the events."""

import contextlib
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from typing_extensions import override

from entrypoints.debug_variable import warn_of_debug
from entrypoints.settings import Settings, load_settings

# Libraries that give their loggers handlers when they are imported.
_ADOPTED = ("alembic", "mlflow", "optuna", "sqlalchemy.engine", "uvicorn")
_OWN = ("domain", "application", "adapters", "entrypoints")


class StderrHandler(logging.Handler):
    """Writes records to whatever stderr is when they come.

    structlog takes 0.24 s to import, a third of what `predict --text` takes from cold: the first record imports it.
    """

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self.as_json = as_json
        self.colors = not as_json and _has_colors()

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:  # a mistake in a log line costs its sentence or fields, never the work it is about
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
    """The logger of a library that would write to stderr in a form of its own as soon as it is imported.

    Whatever the library sets is not: its lines go to the root's handlers, from the level on that holds for libraries.
    """

    handlers = property(lambda _: [], lambda _, __: None)
    propagate = property(lambda _: True, lambda _, __: None)

    @override
    def setLevel(self, level: int | str) -> None:
        """Keeps the level."""


def configured(flags: Mapping[str, object] | None = None, *, config: Path | None = None) -> Settings:
    """The settings that hold, with the log set up as they say."""
    settings = load_settings(flags, config=config)
    set_up(settings.log_format, settings.log_level)
    return settings


def set_up(log_format: str, log_level: str, *, service: bool = False) -> StderrHandler:
    """Lets what is logged be written to stderr, and gives what writes it; called again, it replaces what it did before.

    `auto` is the console form on a terminal. Elsewhere it is JSON for a `service`, whose log is collected, and the
    console form for a command, whose stderr a person reads later.
    """
    handler = StderrHandler(as_json=log_format == "json" or (log_format == "auto" and service and not on_terminal()))
    level = level_of(log_level)
    root = logging.getLogger()
    for previous in [each for each in root.handlers if isinstance(each, StderrHandler)]:
        root.removeHandler(previous)
    root.addHandler(handler)
    root.setLevel(max(level, logging.WARNING))  # libraries tell of themselves more than anyone reads
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
    """The number of a level, as the standard library has it."""
    return logging.getLevelNamesMapping()[name.upper()]


def writes_json() -> bool:
    """Whether the log is set up, and as JSON."""
    return any(isinstance(each, StderrHandler) and each.as_json for each in logging.getLogger().handlers)


def write_line(line: str) -> None:
    """Writes a line to stderr; where that is closed or its disk full, the line is lost and nothing else."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # what has no text is left out
        return "?"


def on_terminal() -> bool:
    """Whether stderr is a terminal."""
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # it is closed
        return False


def _has_colors() -> bool:
    return on_terminal() and not os.environ.get("NO_COLOR") and os.name != "nt"
