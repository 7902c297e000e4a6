"""What has arrived of a request: when a thread can answer it without waiting, and what will never be one."""

import contextlib
import re

from gunicorn.workers.gthread import TConn

from entrypoints.rest.chunks import Chunks
from entrypoints.rest.problems import Problem

MALFORMED = Problem(400, "malformed-request", "This is no HTTP request that can be read. Check what sends it.")
LONG_HEAD = Problem(431, "headers-too-large", "The headers are too many or too long. Send fewer.")
_LONGEST_HEAD = 1 << 16  # gunicorn's own limits are below, so it refuses what is longer
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)[ \t]*(?=\r\n)", re.IGNORECASE)
_ANY_LENGTH = re.compile(rb"\r\ncontent-length:", re.IGNORECASE)
_CODING = re.compile(rb"\r\ntransfer-encoding:[ \t]*([^\r\n]*?)[ \t]*(?=\r\n)", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*(?=\r\n)", re.IGNORECASE)
_DIGITS = 18
_PROBE = re.compile(rb"(GET|HEAD) /(api/v1/(health|live|ready)/|metrics)[ ?]")


class Incoming:
    """Bytes of one request and of what was sent behind it.

    `problem` is why it is refused here, where gunicorn would wait for a client that may never go on.
    """

    def __init__(self, connection: TConn, deadline: float, *, most: int) -> None:
        self.connection = connection
        self.deadline = deadline
        self.problem: Problem | None = None
        self._most = most
        self._data = bytearray()
        self._head = -1
        self._length = 0
        self._chunks: Chunks | None = None

    @property
    def begun(self) -> bool:
        """Whether anything has arrived."""
        return bool(self._data)

    @property
    def is_probe(self) -> bool:
        """Whether it asks how the server is."""
        return bool(_PROBE.match(self._data))

    def add(self, data: bytes) -> None:
        """Takes what has arrived."""
        self._data += data

    @property
    def settled(self) -> bool:
        """Whether a thread can go through it without waiting, or there is a `problem`.

        Of a body whose length is said and too large, the head is enough: the application refuses it unread.
        """
        if self._head < 0 and not self._read_head():
            return self.problem is not None
        if self._chunks is None:
            return len(self._data) - self._head >= self._length
        self._chunks.read(self._data)
        whole = self._chunks.end >= 0
        if self._chunks.broken:
            self.problem = MALFORMED
        elif (self._chunks.end if whole else len(self._data)) - self._head > self._most:
            detail = f"The body has more than {self._most:,} bytes. Send fewer abstracts at once."
            self.problem = Problem(413, "body-too-large", detail)
        return whole or self.problem is not None

    def take(self) -> bytes:
        """All that has arrived, for gunicorn to read; a body in chunks as one of known length."""
        if self._chunks is None:
            return bytes(self._data)
        head = _CODING.sub(b"\r\nContent-Length: %d" % len(self._chunks.body), self._data[: self._head])
        return b"".join((head, self._chunks.body, self._data[self._chunks.end :]))

    def _read_head(self) -> bool:
        end = self._data.find(_END_OF_HEAD)
        if end < 0:
            self.problem = LONG_HEAD if len(self._data) > _LONGEST_HEAD else None
            return False
        self._head = end + len(_END_OF_HEAD)
        head = bytes(self._data[: end + 2])
        self._length = self._said_length(head)
        if codings := _CODING.findall(head):
            self._read_coding(head, codings)
        if _EXPECTS.search(head):
            self._encourage(head)
        if self._length > self._most:
            self._close_after()
        return self.problem is None

    def _said_length(self, head: bytes) -> int:
        length = _LENGTH.search(head)
        digits = length[1].lstrip(b"0") if length else b""
        return int(digits or b"0") if len(digits) <= _DIGITS else 10**_DIGITS

    def _read_coding(self, head: bytes, codings: list[bytes]) -> None:
        """Takes `chunked` alone: beside a length, or before HTTP/1.1, readers disagree about what it means."""
        plain = [coding.lower() for coding in codings] == [b"chunked"]
        if plain and not _ANY_LENGTH.search(head) and head[: head.find(b"\r\n", 2)].endswith(b" HTTP/1.1"):
            self._chunks = Chunks(self._head)
        else:
            self.problem = MALFORMED

    def _encourage(self, head: bytes) -> None:
        """Answers a client that waits to be asked for the body, unless the body will be refused."""
        kept = _EXPECTS.sub(b"", head)
        self._data[: len(head)] = kept
        self._head -= len(head) - len(kept)
        if self._chunks is not None:
            self._chunks = Chunks(self._head)
        if self._length <= self._most and self.problem is None:
            with contextlib.suppress(BlockingIOError):
                self.connection.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _close_after(self) -> None:
        """Has gunicorn end the connection behind the answer, and not wait for the body to throw it away."""
        self._length = 0
        end_of_line = self._data.find(b"\r\n", 2)
        self._data[end_of_line:end_of_line] = b"\r\nConnection: close"
