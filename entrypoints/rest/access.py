"""Who may ask, and how often."""

import hashlib
import hmac
import mmap
import multiprocessing
import struct
import time
from collections.abc import Callable
from pathlib import Path

from entrypoints.rest.options import ApiOptions

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
    that cannot be read any more opens nothing.
    """

    def __init__(self, options: ApiOptions) -> None:
        self._fixed = options.keys
        self._file = Path(options.keys_file) if options.keys_file else None
        self._stamp: tuple[int, int] | None = None
        self._read: tuple[str, ...] = ()

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
            stamp = state.st_mtime_ns, state.st_size
            if stamp != self._stamp:
                lines = self._file.read_text("utf-8").splitlines()
                self._read = tuple(line.split()[0] for line in lines if line.strip() and not line.startswith("#"))
                self._stamp = stamp
        except (OSError, ValueError):
            self._read, self._stamp = (), None
        return self._read


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
        self._lock = multiprocessing.get_context("fork").Lock()

    def wait(self, client: str) -> int:
        """Counts one request; 0 where it may go on, else the seconds after which the client may ask again."""
        if not self._requests:
            return 0
        window, tag = int(self._now() // self._seconds), self._tag(client)
        with self._lock:
            place, count = self._place(tag, window)
            if count < self._requests:
                _SLOT.pack_into(self._memory, place, tag, window, count + 1)
                return 0
        return max(1, int((window + 1) * self._seconds - self._now()))

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
