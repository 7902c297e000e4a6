"""Flushes files and folders to disk, so that written and renamed files survive a power cut."""

import os
from contextlib import suppress
from pathlib import Path

# Windows only flushes files that are open for writing. Elsewhere files may be read-only.
_MODE = os.O_RDONLY if os.name == "posix" else os.O_RDWR


def flush_file(path: Path) -> None:
    """Flushes a file's content. Raises OSError if the disk is full."""
    _flush(path, _MODE)


def flush_folder(folder: Path) -> None:
    """Flushes the names in a folder, if the system supports it, but not its files."""
    with suppress(OSError):  # Windows and some network file systems cannot
        _flush(folder, os.O_RDONLY)


def flush_tree(folder: Path) -> None:
    """Flushes a folder and all files and folders in it."""
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
