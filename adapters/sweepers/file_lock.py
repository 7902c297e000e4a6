"""Locks on files that end with their process, and that an interrupt leaves as they were."""

import fcntl
import os
from pathlib import Path
from types import TracebackType


def locked(path: Path) -> int:
    """The descriptor of a file that nobody else has locked; it is locked until it is closed."""
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
    except BaseException:
        os.close(file)
        raise
    return file


class FileLock:
    """A file that is locked in a `with` block.

    A class and no generator: an exit that a signal raises as a generator hands over to its block leaves the generator
    where it is, with the lock, and the process that cleans up would wait for itself.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def __enter__(self) -> int:
        """The locked file's descriptor."""
        self._file = locked(self._path)
        return self._file

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unlocks it."""
        os.close(self._file)
