"""Keeps a command from replacing the file that it reads, or a file of a model."""

import os
import stat
import sys
from pathlib import Path
from typing import TextIO

from domain.errors import CorruptModelError, IncompatibleModelError, InvalidInputError
from domain.model_bundle import StoredModel
from entrypoints.registry import IS_BUNDLE, READ_BUNDLE, load


def refuse_same_file(source: Path | None, output: Path | None) -> None:
    """Raises InvalidInputError if both are one file, by whatever path or link. None is stdin or stdout.

    Devices, pipes and terminals may be read and written at the same time.
    """
    read, written = _regular_file(source, sys.stdin), _regular_file(output, sys.stdout)
    if read is None or written is None or not os.path.samestat(read, written):
        return
    names = [str(source or "standard input"), str(output or "standard output")]
    one = names[0] if names[0] == names[1] else f"{names[0]} and {names[1]} are one file, which"
    raise InvalidInputError(f"{one} would be read and overwritten. Name another file with --output.")


def refuse_file_of_model(target: Path) -> None:
    """Raises InvalidInputError if a model's manifest lists the file, because writing it would damage the model."""
    folder = target.parent
    if not os.path.exists(target) or not load(IS_BUNDLE)(folder):
        return
    try:
        stored: StoredModel = load(READ_BUNDLE)(folder, verify=False)
    except (CorruptModelError, IncompatibleModelError):  # files of these names that belong to no model
        return
    if target.name in {*stored.files, "manifest.json"}:
        raise InvalidInputError(f"{target} is a file of the model in {folder}. Name another file.")


def _regular_file(path: Path | None, stream: TextIO | None) -> os.stat_result | None:
    try:
        if path is None and stream is None:
            return None
        status = os.stat(path) if path is not None else os.fstat(stream.fileno())  # type: ignore[union-attr]  # not None
    except (OSError, ValueError):  # missing, or a stream that is no file
        return None
    return status if stat.S_ISREG(status.st_mode) else None
