"""Changes of a registry's files: one at a time, and whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.registry.bundle_copies import sync_folders
from domain.errors import ConfigurationError

_LOCK = ".lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one process or thread at a time is in this block for a folder; the kernel lets go when one is killed."""
    try:
        from fcntl import LOCK_EX, flock
    except ImportError as error:
        raise ConfigurationError(
            "A registry in a folder needs POSIX file locks, which this system does not have. Use `registry: mlflow`."
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        flock(descriptor, LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_whole(path: Path, text: str) -> None:
    """Replaces a file's content; a reader, also one after a crash, sees the old one or the new one.

    To be called by one process at a time.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folders(path.parent)


@contextmanager
def told_of(what: str, folder: Path) -> Iterator[None]:
    """Turns an error of the system into a ConfigurationError that says what could not be done, and where."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(
            f"{what} in {folder}: {error.strerror or error}. "
            "Free space there, or set ARXIV_CLASSIFIER_REGISTRY_OPTIONS__FOLDER to another folder."
        ) from error
