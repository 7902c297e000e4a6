"""Locks on files that end with their process, and that an interrupt leaves as they were."""

import contextlib
import fcntl
import os
import weakref
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
    """A file that is locked in a `with` block, by one thread of each process.

    A signal's exception may come between any two instructions, before a lock that was just got is noted or after it is
    struck off. So it is always locked by the same descriptor, with which a process that has the lock gets it again:
    one that an interrupt left locked waits for itself neither as it cleans up nor later.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._process = 0  # whose descriptor it is: a child that shared it would share the lock
        self._close: weakref.finalize[..., FileLock] | None = None

    def __enter__(self) -> None:
        """Waits until the file is this process's."""
        fcntl.flock(self._descriptor(), fcntl.LOCK_EX)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Unlocks it."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def _descriptor(self) -> int:
        if self._process == os.getpid() and os.fstat(self._file).st_nlink:
            return self._file
        self._process = 0
        if self._close:  # the file was removed, and others lock the one in its place; or it is a parent's
            self._close()
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        self._close = weakref.finalize(self, _close_unless_another, file, os.fstat(file))
        self._close.atexit = False  # the end of the process closes it
        self._file = file
        self._process = os.getpid()
        return file


def _close_unless_another(file: int, known: os.stat_result) -> None:
    """Closes a descriptor, unless a child that closed those it was born with has given its number to another file."""
    with contextlib.suppress(OSError):
        if os.path.samestat(os.fstat(file), known):
            os.close(file)
