"""Flushes files and folders to the disk, so that what was written or renamed outlives a power cut."""

import os
from contextlib import suppress
from pathlib import Path

# Windows flushes only what may be written to; elsewhere files may be read-only.
_MODE = os.O_RDONLY if os.name == "posix" else os.O_RDWR


def flush_file(path: Path) -> None:
    """Flushes a file's content; a full disk is noticed here at the latest, as an OSError."""
    _flush(path, _MODE)


def flush_folder(folder: Path) -> None:
    """Flushes the names in a folder, where the system can; their files are flushed apart."""
    with suppress(OSError):  # Windows and some network file systems cannot
        _flush(folder, os.O_RDONLY)


def flush_tree(folder: Path) -> None:
    """Flushes all files and folders in a folder, and the folder itself."""
    for path in folder.rglob("*"):
        if path.is_file():
            flush_file(path)
        elif path.is_dir():
            flush_folder(path)
    flush_folder(folder)


def _flush(path: Path, mode: int) -> None:
    descriptor = os.open(path, mode)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
