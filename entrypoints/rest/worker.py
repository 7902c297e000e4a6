"""A gunicorn worker whose threads are given whole requests only.

Gunicorn's threaded worker gives a connection to a thread as soon as it is accepted, and the thread waits while a slow
client sends: as many slow clients as there are threads stop all others. Here the main loop reads, never waiting, and a
thread is given the connection when head and body are there; what is not there in time is answered with 408.
"""

import contextlib
import json
import re
import selectors
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from entrypoints.rest.problems import CONTENT_TYPE, Problem

_logger = structlog.get_logger(__name__)
_READ = 1 << 16
_LONGEST_HEAD = 1 << 16  # gunicorn's own limits are below, so it refuses what is longer
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_LAST_CHUNK = re.compile(rb"(^|\r\n)0+(;[^\r\n]*)?\r\n([^\r\n]+\r\n)*\r\n\Z")
_TOO_SLOW = Problem(408, "too-slow-to-send", "The request was not sent in time. Send it at once.")
_MALFORMED = Problem(400, "malformed-request", "This is no HTTP request that can be read. Check what sends it.")
_REFUSED: dict[type[Exception], Problem] = {
    errors.LimitRequestLine: Problem(414, "address-too-long", "The address is too long. Send parameters in the body."),
    errors.LimitRequestHeaders: Problem(431, "headers-too-large", "The headers are too many or too long. Send fewer."),
    errors.ExpectationFailed: Problem(417, "unknown-expectation", "Only Expect: 100-continue is known. Leave it out."),
}
_UNFORESEEN = Problem(500, "unforeseen", "Something unforeseen happened. Ask the operator.")


class Incoming:
    """What has arrived of one request."""

    def __init__(self, connection: TConn, deadline: float, *, most: int) -> None:
        self.connection = connection
        self.deadline = deadline
        self._most = most
        self.data = bytearray()
        self._head = -1
        self._length = 0
        self._chunked = False

    @property
    def whole(self) -> bool:
        """Whether a thread can go through it without waiting; one that is too long counts, as it will be refused."""
        if self._head < 0 and not self._read_head():
            return len(self.data) > _LONGEST_HEAD
        body = len(self.data) - self._head
        if self._chunked:
            return body > self._most or bool(_LAST_CHUNK.search(self.data, self._head))
        return body >= self._length or self._length > self._most

    def _read_head(self) -> bool:
        end = self.data.find(_END_OF_HEAD)
        if end < 0:
            return False
        self._head = end + len(_END_OF_HEAD)
        head = bytes(self.data[: end + 2])
        length = _LENGTH.search(head)
        self._length = int(length[1]) if length else 0
        self._chunked = bool(_CHUNKED.search(head))
        if _EXPECTS.search(head):
            self._encourage(head)
        return True

    def _encourage(self, head: bytes) -> None:
        """Answers a client that waits to be asked for the body, unless the body will be refused."""
        kept = _EXPECTS.sub(b"", head)
        self.data[: len(head)] = kept
        self._head -= len(head) - len(kept)
        if self._length <= self._most:
            self.connection.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")


def _bytes_of(problem: Problem) -> bytes:
    """A whole response, where there is no application to make one."""
    document = problem.to_json()
    body = json.dumps(document).encode()
    head = (
        f"HTTP/1.1 {problem.status} {document['title']}\r\nConnection: close\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class BufferingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Reads requests in its main loop and hands whole ones to threads; `most_body` and `read_limit` come with it."""

    most_body = 8 << 20
    read_limit = 30.0
    on_start: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._incoming: dict[TConn, Incoming] = {}

    def init_process(self) -> None:
        """Starts, after what a fresh process has to do first."""
        type(self).on_start()
        super().init_process()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answers what gunicorn could not read with a problem document, and no word of its own."""
        problem = next((found for kind, found in _REFUSED.items() if isinstance(exc, kind)), None)
        if problem is None:
            problem = _MALFORMED if isinstance(exc, errors.ParseException) else _UNFORESEEN
        if problem is _UNFORESEEN:
            _logger.error("request_failed", exc_info=exc)
        with contextlib.suppress(OSError):
            client.sendall(_bytes_of(problem))

    def enqueue_req(self, conn: TConn) -> None:
        """Reads on until the request is whole; gunicorn calls this for every connection that has or may have one."""
        left = conn.parser.unreader.take_buffered() if conn.parser is not None else b""
        incoming = Incoming(conn, time.monotonic() + self.read_limit, most=self.most_body)
        incoming.data += left
        conn.sock.setblocking(False)
        if left and incoming.whole:
            self._hand_over(incoming)
            return
        self._incoming[conn] = incoming
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_data, incoming))
        self._read(incoming)

    def _on_data(self, incoming: Incoming, _socket: Any) -> None:
        self._read(incoming)

    def _read(self, incoming: Incoming) -> None:
        try:
            while not incoming.whole:
                data = incoming.connection.sock.recv(_READ)
                if not data:
                    self._drop(incoming)
                    return
                incoming.data += data
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._drop(incoming)
            return
        self._forget(incoming)
        self._hand_over(incoming)

    def _hand_over(self, incoming: Incoming) -> None:
        connection = incoming.connection
        connection.init()
        connection.parser.unreader.unread(bytes(incoming.data))
        connection.data_ready = True
        super().enqueue_req(connection)

    def _forget(self, incoming: Incoming) -> None:
        self._incoming.pop(incoming.connection, None)
        self.poller.unregister(incoming.connection.sock)

    def _drop(self, incoming: Incoming) -> None:
        self._forget(incoming)
        self.nr_conns -= 1
        incoming.connection.close()

    def murder_pending(self) -> None:
        """Answers those that were not sent in time; a worker that stops keeps only what has begun to arrive."""
        super().murder_pending()
        now = time.monotonic()
        for incoming in list(self._incoming.values()):
            if now > incoming.deadline:
                self._refuse(incoming)
            elif not self.alive and not incoming.data:
                self._drop(incoming)

    def _refuse(self, incoming: Incoming) -> None:
        if incoming.data:
            with contextlib.suppress(OSError):
                incoming.connection.sock.send(_bytes_of(_TOO_SLOW))
        self._drop(incoming)
