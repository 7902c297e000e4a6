"""Who may ask, and how often."""

import fcntl
import hashlib
import hmac
import mmap
import os
import struct
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from entrypoints.rest.options import HASH, ApiOptions

_logger = structlog.get_logger(__name__)
_SLOTS = 1 << 14
_SLOT = struct.Struct("<QQQ")  # the client's hash, the window, requests in it
_PROBES = 8


def hashed(key: str) -> str:
    """SHA-256 (hex) of an API key, which is what a configuration holds.

    Keys are 256 random bits, so a slow hash against guessing would only slow requests down.
    """
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class ApiKeys:
    """The keys that open the API; where none is configured, it is open.

    Those of `keys_file` are read again when the file changes, so that a key is revoked by taking its line out. A file
    that cannot be read opens nothing; that, and lines that are no hashes, are logged.
    """

    def __init__(self, options: ApiOptions) -> None:
        self._fixed = options.keys
        self._file = Path(options.keys_file) if options.keys_file else None
        self._stamp: tuple[int, ...] | None = None
        self._read: tuple[str, ...] = ()
        self._failing = False

    @property
    def open(self) -> bool:
        """Whether no key is asked for."""
        return not self._fixed and self._file is None

    def admits(self, key: str) -> bool:
        """Whether a key is one of them; takes as long for a wrong one as for a right one."""
        given, found = hashed(key), False
        for known in (*self._fixed, *self._from_file()):
            found |= hmac.compare_digest(given, known)
        return found

    def _from_file(self) -> tuple[str, ...]:
        if self._file is None:
            return ()
        try:
            state = self._file.stat()
            # A program that writes the file may set its time, but neither its place on the disk nor the time of change.
            stamp = state.st_ino, state.st_ctime_ns, state.st_mtime_ns, state.st_size
            if stamp != self._stamp:
                self._read, self._stamp = self._hashes(self._file.read_text("utf-8-sig")), stamp
            self._failing = False
        except (OSError, ValueError) as error:
            self._read, self._stamp = (), None
            if not self._failing:
                _logger.error("keys_not_read", reason=str(error))
            self._failing = True
        return self._read

    @staticmethod
    def _hashes(text: str) -> tuple[str, ...]:
        """The first word of each line that is no comment; a key itself, written there by mistake, is not repeated."""
        said = [words[0] for line in text.splitlines() if (words := line.split()) and not words[0].startswith("#")]
        found = tuple(word for word in said if HASH.fullmatch(word))
        if len(found) < len(said):
            _logger.error("keys_not_read", reason=f"{len(said) - len(found)} lines are no SHA-256 hashes.")
        return found


class Throttle:
    """Counts each client's requests in windows of fixed length, in memory that forked processes share.

    Of 16,384 places a client may have one of eight; where others hold them all, it takes over the one whose window is
    oldest, so that under many clients somebody may get a few requests more than the limit, and nobody fewer.
    """

    def __init__(self, requests: int, seconds: int, *, now: Callable[[], float] = time.time) -> None:
        self._requests = requests
        self._seconds = seconds
        self._now = now
        self._memory = mmap.mmap(-1, _SLOTS * _SLOT.size)
        with tempfile.TemporaryFile() as file:
            self._file = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._file)
        self._mine = threading.Lock()

    def wait(self, client: str) -> int:
        """Counts one request; 0 where it may go on, else the seconds after which the client may ask again."""
        if not self._requests:
            return 0
        window, tag = int(self._now() // self._seconds), self._tag(client)
        with self._lock():
            place, count = self._place(tag, window)
            if count < self._requests:
                _SLOT.pack_into(self._memory, place, tag, window, count + 1)
                return 0
        return max(1, int((window + 1) * self._seconds - self._now()))

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Keeps other threads and other processes out; the system takes it from a process that is killed meanwhile."""
        with self._mine:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _place(self, tag: int, window: int) -> tuple[int, int]:
        """Where the client's counter is or may be, and what it says for this window."""
        oldest, oldest_window = 0, 1 << 63
        for probe in range(_PROBES):
            place = (tag + probe) % _SLOTS * _SLOT.size
            found, its_window, count = _SLOT.unpack_from(self._memory, place)
            if found == tag:
                return place, count if its_window == window else 0
            if its_window < oldest_window:
                oldest, oldest_window = place, its_window
        return oldest, 0

    @staticmethod
    def _tag(client: str) -> int:
        return int.from_bytes(hashlib.blake2b(client.encode("utf-8", "replace"), digest_size=8).digest(), "little") or 1
