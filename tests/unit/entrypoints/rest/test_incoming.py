"""When a request is whole, and when it will never be."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("gunicorn")
from entrypoints.rest.incoming import Incoming

POST = b"POST / HTTP/1.1\r\nHost: localhost\r\n"


class Connection:
    """One end of a connection, of which `far` is the other."""

    def __init__(self) -> None:
        self.sock, self.far = socket.socketpair()
        self.far.settimeout(5)


@pytest.fixture
def connection() -> Iterator[Any]:
    """A connection with nothing on it."""
    made = Connection()
    yield made
    made.sock.close()
    made.far.close()


def arrived(connection: Any, data: bytes, *, most: int = 100) -> Incoming:
    """Some bytes of a request."""
    incoming = Incoming(connection, 0.0, most=most)
    incoming.add(data)
    return incoming


@pytest.mark.parametrize(
    ("data", "settled"),
    [
        (b"", False),
        (b"GET / HTTP/1.1\r\n", False),
        (b"GET / HTTP/1.1\r\n\r\n", True),
        (POST + b"Content-Length: 2\r\n\r\n{", False),
        (POST + b"content-length:2 \r\n\r\n{}", True),
        (POST + b"Content-Length: 000000000000000000000000000005\r\n\r\n{}", False),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n", False),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n20\r\n{\r\n0\r\n\r\n", False),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\nGET / HTTP/1.1\r\n", True),
    ],
)
def test_a_thread_gets_whole_requests(connection: Any, data: bytes, settled: bool) -> None:
    """A thread that is given a request has all of it."""
    incoming = arrived(connection, data)
    assert (incoming.settled, incoming.problem) == (settled, None)


def test_chunks_become_a_body_of_known_length(connection: Any) -> None:
    """Gunicorn reads a plain body, and behind it what was sent behind it."""
    incoming = arrived(connection, POST + b"Transfer-Encoding: Chunked \r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\nGET")
    assert incoming.settled
    assert incoming.take() == POST + b"Content-Length: 2\r\n\r\n{}GET"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (POST + b"X: " + b"a" * 70_000, 431),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n70\r\n" + b" " * 99, 413),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nno\r\n", 400),
        (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n", 400),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ],
)
def test_what_would_keep_a_thread_waiting_is_refused(connection: Any, data: bytes, status: int) -> None:
    """No thread is given what gunicorn would read on for, or what readers understand in different ways."""
    incoming = arrived(connection, data)
    assert incoming.settled
    assert incoming.problem is not None
    assert incoming.problem.status == status


def test_a_body_that_is_too_large_is_not_waited_for(connection: Any) -> None:
    """Its head is enough to refuse it, and the connection ends with that."""
    incoming = arrived(connection, POST + b"Content-Length: 101\r\n\r\n")
    assert incoming.settled
    assert incoming.take().startswith(b"POST / HTTP/1.1\r\nConnection: close\r\n")


@pytest.mark.parametrize("framing", [b"Content-Length: 2", b"Transfer-Encoding: chunked"])
def test_who_waits_to_be_asked_is_asked(connection: Any, framing: bytes) -> None:
    """A client that expects 100 Continue gets it once, and gunicorn does not see that it did."""
    incoming = arrived(connection, POST + b"Expect: 100-continue\r\n" + framing + b"\r\n\r\n")
    assert not incoming.settled
    assert not incoming.settled
    assert connection.far.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    incoming.add(b"{}" if b"Length" in framing else b"2\r\n{}\r\n0\r\n\r\n")
    assert incoming.settled
    assert incoming.take() == POST + b"Content-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize(
    ("line", "probe"), [(b"GET /api/v1/health/ ", True), (b"GET /metrics?a ", True), (b"GET /api/v1/models/ ", False)]
)
def test_probes_are_known(connection: Any, line: bytes, probe: bool) -> None:
    """Who asks how the server is can be told from others."""
    assert arrived(connection, line + b"HTTP/1.1\r\n\r\n").is_probe == probe
