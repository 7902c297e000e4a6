"""Answers that a client does not take at once."""

import socket
from collections.abc import Iterator

import pytest

from entrypoints.rest.outgoing import Backlog, Outgoing

LONG = bytes(range(256)) * (1 << 14)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection: the server's end and the client's."""
    near, far = socket.socketpair()
    far.settimeout(5)
    yield near, far
    near.close()
    far.close()


def test_what_is_not_taken_is_kept(ends: tuple[socket.socket, socket.socket]) -> None:
    """Writing waits for nobody, and all of it arrives in its order once the client takes it."""
    near, far = ends
    outgoing = Outgoing(near, Backlog(len(LONG) + 3))
    outgoing.sendall(LONG)
    outgoing.sendall(b"end")
    assert outgoing.waits
    taken = bytearray()
    while len(taken) < len(LONG) + 3:
        taken += far.recv(1 << 20)
        outgoing.flush()
    assert taken == LONG + b"end"
    assert not outgoing.waits


def test_too_much_is_not_kept(ends: tuple[socket.socket, socket.socket]) -> None:
    """An answer for which there is no room ends its connection, and leaves the room to others."""
    backlog = Backlog(1000)
    outgoing = Outgoing(ends[0], backlog)
    with pytest.raises(ConnectionResetError):
        outgoing.sendall(LONG)
    assert not outgoing.waits
    assert backlog.add(1000)


def test_what_is_given_up_makes_room(ends: tuple[socket.socket, socket.socket]) -> None:
    """Bytes of a client that is gone count no more."""
    backlog = Backlog(len(LONG))
    outgoing = Outgoing(ends[0], backlog)
    outgoing.sendall(LONG)
    assert not backlog.add(len(LONG))
    outgoing.give_up()
    assert backlog.add(len(LONG))
