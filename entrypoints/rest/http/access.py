"""API keys and rates of requests."""

import fcntl
import hashlib
import hmac
import logging
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

from domain.log_events import log_event
from entrypoints.rest.options import HASH, ApiOptions

_logger = logging.getLogger(__name__)
_SLOTS = 1 << 14
_SLOT = struct.Struct("<QQQ")  # the client's hash, the window, requests in it
_PROBES = 8


def hashed(key: str) -> str:
    """Returns the SHA-256 (hex) of an API key. A configuration has these hashes.

    Keys are 256 random bits, which cannot be guessed, so a slow hash would only slow down requests.
    """
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


class ApiKeys:
    """The keys of the API. Without a configured key, the API is open.

    `keys_file` is read again when it changes, so deleting a line revokes its key. If it cannot be read, no key is
    accepted. This, and lines that are no hashes, are logged.
    """

    def __init__(self, options: ApiOptions) -> None:
        self._fixed = options.keys
        self._file = Path(options.keys_file) if options.keys_file else None
        self._stamp: tuple[int, ...] | None = None
        self._read: tuple[str, ...] = ()
        self._failing = False

    @property
    def open(self) -> bool:
        """Returns whether the API requires no key."""
        return not self._fixed and self._file is None

    def admits(self, key: str) -> bool:
        """Returns whether a key is valid. A wrong key takes as long as a right one."""
        given, found = hashed(key), False
        for known in (*self._fixed, *self._from_file()):
            found |= hmac.compare_digest(given, known)
        return found

    def _from_file(self) -> tuple[str, ...]:
        if self._file is None:
            return ()
        try:
            state = self._file.stat()
            # A program that writes the file may set its modification time, but neither its inode nor its change time.
            stamp = state.st_ino, state.st_ctime_ns, state.st_mtime_ns, state.st_size
            if stamp != self._stamp:
                self._read, self._stamp = self._hashes(self._file.read_text("utf-8-sig")), stamp
            self._failing = False
        except (OSError, ValueError) as error:
            self._read, self._stamp = (), None
            if not self._failing:
                log_event(_logger, "keys_not_read", level=logging.ERROR, reason=str(error))
            self._failing = True
        return self._read

    @staticmethod
    def _hashes(text: str) -> tuple[str, ...]:
        """Returns the first word of each line that is no comment. A key that is there by mistake is not logged."""
        said = [words[0] for line in text.splitlines() if (words := line.split()) and not words[0].startswith("#")]
        found = tuple(word for word in said if HASH.fullmatch(word))
        if len(found) < len(said):
            log_event(
                _logger,
                "keys_not_read",
                level=logging.ERROR,
                reason=f"{len(said) - len(found)} lines are no SHA-256 hashes.",
            )
        return found


class Throttle:
    """Counts each client's requests in windows of fixed length, in memory that forked processes share.

    There are 16,384 places, and a client may use eight of them. If other clients hold all eight, it takes the one with
    the oldest window. With very many clients, some may therefore get a few requests more than the limit.
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
        """Counts one request. Returns 0 if it is admitted, else the seconds until the client may send the next."""
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
        """Excludes other threads and processes. The system releases the lock of a process that is killed."""
        with self._mine:
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)

    def _place(self, tag: int, window: int) -> tuple[int, int]:
        """Returns the place of the client's counter, and its count in this window."""
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
