"""Writes lines to stderr. A closed or full stderr is no error."""

import contextlib
import sys


def write_line(line: str) -> None:
    """Writes a line to stderr. If stderr is closed or its disk is full, only the line is lost."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"{line}\n")
            sys.stderr.flush()


def on_terminal() -> bool:
    """Returns whether stderr is a terminal."""
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # it is closed
        return False
