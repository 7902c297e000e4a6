"""Detects by the operating system whether a client has closed its connection."""

import os
import select
import socket
import sys
from contextlib import suppress

_OPEN_FILES = "/proc/self/fd"


class Connection:
    """The connection of the client at an address and port, found among the open files of this process.

    On other systems than Linux, or if it is not found, it counts as open.
    """

    def __init__(self, client: tuple[str, int]) -> None:
        self._file: int | None = None
        if sys.platform == "linux":
            for name in os.listdir(_OPEN_FILES):
                if _peer_of(int(name)) == client:
                    with suppress(OSError):
                        self._file = os.dup(int(name))
                    break

    def closed(self) -> bool:
        """Returns whether the client has closed its side, or the connection is broken."""
        if self._file is None:
            return False
        poll = select.poll()
        poll.register(self._file, select.POLLRDHUP)
        return bool(poll.poll(0))

    def close(self) -> None:
        """Releases this object's handle. The connection itself stays open."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _peer_of(file: int) -> tuple[str, int] | None:
    """Returns address and port at the other end of a socket; None if it is no connected socket."""
    try:
        found = socket.socket(fileno=file)
    except OSError:
        return None
    try:
        peer = found.getpeername()
    except OSError:
        return None
    finally:
        found.detach()
    return (peer[0], peer[1]) if isinstance(peer, tuple) and len(peer) > 1 else None
