"""Keeps a command from replacing the file that it reads."""

import os
import stat
import sys
from pathlib import Path
from typing import TextIO

from domain.errors import InvalidInputError


def refuse_same_file(source: Path | None, output: Path | None) -> None:
    """Raises InvalidInputError where both are one file, by whatever path or link; None is stdin, or stdout.

    Devices, pipes and terminals may be read and written at once.
    """
    read, written = _regular_file(source, sys.stdin), _regular_file(output, sys.stdout)
    if read is None or written is None or not os.path.samestat(read, written):
        return
    names = [str(source or "standard input"), str(output or "standard output")]
    one = names[0] if names[0] == names[1] else f"{names[0]} and {names[1]} are one file, which"
    raise InvalidInputError(f"{one} would be read and overwritten. Name another file with --output.")


def _regular_file(path: Path | None, stream: TextIO | None) -> os.stat_result | None:
    try:
        if path is None and stream is None:
            return None
        status = os.stat(path) if path is not None else os.fstat(stream.fileno())  # type: ignore[union-attr]  # not None
    except (OSError, ValueError):  # not there, or a stream that is no file
        return None
    return status if stat.S_ISREG(status.st_mode) else None
