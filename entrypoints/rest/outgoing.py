"""Answers on their way to clients that take them slowly."""

import errno
import socket
import threading
from typing import Any

_AT_ONCE = 1 << 16


class Backlog:
    """Counts the bytes that all clients together have not taken yet; `most` of them may wait."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting = 0
        self._lock = threading.Lock()

    def add(self, count: int) -> bool:
        """Counts bytes, or takes them off where negative; False where there is no room, and then none is counted."""
        with self._lock:
            if count > 0 and self._waiting + count > self._most:
                return False
            self._waiting += count
            return True


class Outgoing:
    """A connection as a thread writes to it: what the client does not take at once waits, and the thread does not."""

    def __init__(self, sock: socket.socket, backlog: Backlog) -> None:
        self._sock = sock
        self._backlog = backlog
        self._left = bytearray()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    @property
    def waits(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self._left)

    def sendall(self, data: bytes) -> None:
        """Sends what the client takes now and keeps the rest; too much of all clients together ends this one."""
        if not self._left:
            data = memoryview(data)[self._send(data) :].tobytes()
        if not data:
            return
        if not self._backlog.add(len(data)):
            self.give_up()
            raise ConnectionResetError(errno.ECONNRESET, "too many answers wait for their clients")
        self._left += data
        self.flush()

    def flush(self) -> None:
        """Sends of what is left as much as the client takes now; an OSError says that it is gone."""
        while self._left and (sent := self._send(bytes(self._left[:_AT_ONCE]))):
            del self._left[:sent]
            self._backlog.add(-sent)

    def give_up(self) -> None:
        """Forgets what is left."""
        self._backlog.add(-len(self._left))
        self._left.clear()

    def _send(self, data: bytes) -> int:
        try:
            return self._sock.send(data, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return 0
