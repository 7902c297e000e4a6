"""Locks on files. The system unlocks a file when the process that locked it ends, also by a kill.

The locks are POSIX's: importing this module elsewhere is an ImportError.
"""

import contextlib
import fcntl
import os
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Lets one thread of one process at a time into the block; the others wait."""
    descriptor = open_locked(path)
    try:
        yield
    finally:
        os.close(descriptor)


def open_locked(path: Path) -> int:
    """Returns the descriptor of a file once it is locked; it stays locked until it is closed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def try_lock(descriptor: int) -> bool:
    """Locks an open file until it is closed; False where another one has locked it.

    Raises OSError on a file system without locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class FileLock:
    """A file that is locked in a `with` block, by one thread of each process.

    A signal's exception may come between any two instructions, also between locking and noting it. So one descriptor
    locks it each time, and a process that has the lock already gets it again: after an interrupt that left the file
    locked, the process does not wait for itself.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._process = 0  # the one that opened the descriptor: a child that used it would share the lock
        self._close: weakref.finalize[..., FileLock] | None = None

    def __enter__(self) -> None:
        """Waits until the file is locked by this process."""
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
