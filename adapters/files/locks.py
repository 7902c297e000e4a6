"""Locks on files. The system releases a lock when its process ends, even if it is killed.

The locks are POSIX's. On other systems, importing this module raises ImportError.
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
    """Locks a file in the block for one thread of one process. Others wait."""
    descriptor = open_locked(path)
    try:
        yield
    finally:
        os.close(descriptor)


def open_locked(path: Path) -> int:
    """Locks a file and returns its descriptor. The file stays locked until the descriptor is closed."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def try_lock(descriptor: int) -> bool:
    """Locks an open file until it is closed. Returns false if another process has locked it.

    Raises OSError on a file system without locks.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class FileLock:
    """A file that one thread of each process locks in a `with` block.

    A signal's exception may come between any two instructions, even between locking and recording it. So the same
    descriptor is used each time, and a process that already holds the lock gets it again. After an interrupt that left
    the file locked, the process does not wait for itself.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1
        self._process = 0  # the owner of the descriptor, because a child that used it would share the lock
        self._close: weakref.finalize[..., FileLock] | None = None

    def __enter__(self) -> None:
        """Waits until this process holds the lock."""
        fcntl.flock(self._descriptor(), fcntl.LOCK_EX)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Releases the lock."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def _descriptor(self) -> int:
        if self._process == os.getpid() and os.fstat(self._file).st_nlink:
            return self._file
        self._process = 0
        if self._close:  # the file was replaced by another one, or the descriptor is a parent's
            self._close()
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        self._close = weakref.finalize(self, _close_unless_another, file, os.fstat(file))
        self._close.atexit = False  # the end of the process closes it
        self._file = file
        self._process = os.getpid()
        return file


def _close_unless_another(file: int, known: os.stat_result) -> None:
    """Closes a descriptor, unless a child has closed it and its number now belongs to another file."""
    with contextlib.suppress(OSError):
        if os.path.samestat(os.fstat(file), known):
            os.close(file)
