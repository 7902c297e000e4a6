"""A gunicorn worker whose threads are given whole requests only, and wait for no client.

Gunicorn's threaded worker gives a connection to a thread as soon as it is accepted, and the thread waits while a slow
client sends, and again while it takes the answer; the main loop waits until a client has closed its side. As many such
clients as there are threads, or one that never closes, stop all others. Here the main loop reads, never waiting, and a
thread is given the connection when head and body are there; what is not there in time is answered with 408. What a
client does not take at once, the main loop sends later.
"""

import contextlib
import json
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from entrypoints.rest.incoming import LONG_HEAD, MALFORMED, Incoming
from entrypoints.rest.outgoing import Backlog, Outgoing
from entrypoints.rest.problems import CONTENT_TYPE, Problem

_logger = structlog.get_logger(__name__)
_READ = 1 << 16
_READS_AT_ONCE = 4  # of one client, before others have their turn
_LINGER = 2.0
_MOST_WAITING = 64 << 20
_TOO_SLOW = Problem(408, "too-slow-to-send", "The request was not sent in time. Send it at once.")
_REFUSED: dict[type[Exception], Problem] = {
    errors.LimitRequestLine: Problem(414, "address-too-long", "The address is too long. Send parameters in the body."),
    errors.LimitRequestHeaders: LONG_HEAD,
    errors.ExpectationFailed: Problem(417, "unknown-expectation", "Only Expect: 100-continue is known. Leave it out."),
}
_UNFORESEEN = Problem(500, "unforeseen", "Something unforeseen happened. Ask the operator.")


def _bytes_of(problem: Problem) -> bytes:
    """A whole response, where there is no application to make one."""
    document = problem.to_json()
    body = json.dumps(document).encode()
    head = (
        f"HTTP/1.1 {problem.status} {document['title']}\r\nConnection: close\r\n"
        f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _try_to_send(sock: socket.socket, problem: Problem) -> None:
    with contextlib.suppress(OSError):
        sock.send(_bytes_of(problem), socket.MSG_DONTWAIT)


class BufferingWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Reads requests and sends answers' rests in its main loop; `most_body` and `read_limit` come with it."""

    most_body = 8 << 20
    read_limit = 30.0
    on_start: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._incoming: dict[TConn, Incoming] = {}
        self._unsent: dict[TConn, Outgoing] = {}
        self._sending: dict[TConn, tuple[Outgoing, Any, float]] = {}
        self._lingering: dict[TConn, float] = {}
        self._backlog = Backlog(_MOST_WAITING)
        # Who asks how the server is gets to know while all threads compute, for a minute maybe.
        self._probes = ThreadPoolExecutor(1)

    def init_process(self) -> None:
        """Starts, after what a fresh process has to do first."""
        type(self).on_start()
        super().init_process()

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        """Answers what gunicorn could not read with a problem document, and no word of its own."""
        problem = next((found for kind, found in _REFUSED.items() if isinstance(exc, kind)), None)
        if problem is None:
            problem = MALFORMED if isinstance(exc, errors.ParseException) else _UNFORESEEN
        if problem is _UNFORESEEN:
            _logger.error("request_failed", exc_info=exc)
        _try_to_send(client, problem)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """Answers in a thread, which never waits until the client takes the answer."""
        sock, outgoing = conn.sock, Outgoing(conn.sock, self._backlog)
        conn.sock = outgoing
        try:
            return super().handle_request(req, conn)
        finally:
            conn.sock = sock
            if outgoing.waits:
                self._unsent[conn] = outgoing

    def enqueue_req(self, conn: TConn) -> None:
        """Reads on until the request is whole; gunicorn calls this for every connection that has or may have one."""
        incoming = Incoming(conn, time.monotonic() + self.read_limit, most=self.most_body)
        incoming.add(conn.parser.unreader.take_buffered() if conn.parser is not None else b"")
        conn.sock.setblocking(False)
        self._incoming[conn] = incoming
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._on_data, incoming))
        self._read(incoming)

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Sends what is left of the answer, and then goes on with the connection or ends it."""
        outgoing = self._unsent.pop(conn, None)
        if outgoing is None:
            self._go_on(conn, fs)
            return
        conn.sock.setblocking(False)
        self._sending[conn] = outgoing, fs, time.monotonic() + self.read_limit
        self.poller.register(conn.sock, selectors.EVENT_WRITE, partial(self._on_room, conn))

    def murder_pending(self) -> None:
        """Ends what takes too long; a worker that stops keeps only requests that have begun to arrive."""
        super().murder_pending()
        now = time.monotonic()
        for incoming in list(self._incoming.values()):
            if now > incoming.deadline:
                incoming.problem = _TOO_SLOW
                self._settle(incoming)
            elif not self.alive and not incoming.begun:
                self._drop(incoming.connection)
        for conn, (outgoing, _, deadline) in list(self._sending.items()):
            if now > deadline:
                outgoing.give_up()
                self._drop(conn)
        for conn, deadline in list(self._lingering.items()):
            if now > deadline:
                self._drop(conn)

    def _on_data(self, incoming: Incoming, _socket: Any) -> None:
        self._read(incoming)

    def _read(self, incoming: Incoming) -> None:
        try:
            for _ in range(_READS_AT_ONCE):
                if incoming.settled:
                    break
                data = incoming.connection.sock.recv(_READ)
                if not data:
                    self._drop(incoming.connection)
                    return
                incoming.add(data)
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            self._drop(incoming.connection)
            return
        if incoming.settled:  # nothing may come after the last read to wake the loop up
            self._settle(incoming)

    def _settle(self, incoming: Incoming) -> None:
        conn = incoming.connection
        self._forget(conn)
        if incoming.problem is not None:
            if incoming.begun:
                _try_to_send(conn.sock, incoming.problem)
            self._linger(conn)
            return
        conn.init()
        conn.parser.unreader.unread(incoming.take())
        conn.data_ready = True
        pool = self._probes if incoming.is_probe else self.tpool
        answered = pool.submit(self.handle, conn)
        answered.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _on_room(self, conn: TConn, _socket: Any) -> None:
        outgoing, fs, _ = self._sending[conn]
        try:
            outgoing.flush()
        except OSError:
            outgoing.give_up()
            self._drop(conn)
            return
        if not outgoing.waits:
            self._forget(conn)
            self._go_on(conn, fs)

    def _go_on(self, conn: TConn, fs: Any) -> None:
        if not fs.cancelled() and fs.exception() is None and fs.result():
            super().finish_request(conn, fs)
        else:
            self._linger(conn)

    def _linger(self, conn: TConn) -> None:
        """Ends the answer, and the connection when the client has seen that (RFC 9112, section 9.6)."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._throw_away, conn))
        except (OSError, ValueError):  # the client is gone, or gunicorn has closed it
            self._drop(conn)
            return
        self._lingering[conn] = time.monotonic() + _LINGER

    def _throw_away(self, conn: TConn, _socket: Any) -> None:
        try:
            if not conn.sock.recv(_READ):
                self._drop(conn)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._drop(conn)

    def _forget(self, conn: TConn) -> None:
        for known in (self._incoming, self._sending, self._lingering):
            if known.pop(conn, None) is not None:
                self.poller.unregister(conn.sock)

    def _drop(self, conn: TConn) -> None:
        self._forget(conn)
        self.nr_conns -= 1
        conn.close()
