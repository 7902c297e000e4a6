"""Reads the bodies of requests within limits of size, time and memory."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from entrypoints.rest.http.admission import body_too_large
from entrypoints.rest.http.problems import Problem, ProblemError

Receive = Callable[[], Awaitable[dict[str, Any]]]
# These bytes beyond the limit are for small bodies, so that they get through beside large ones.
_SMALL, _RESERVE = 1 << 16, 8 << 20
_PIECES, _LEAST_PIECE = 2_000, 64
_TOO_SLOW = Problem(408, "too-slow-to-send", "The request was not sent in time. Send it at once.")
_PIECEMEAL = Problem(400, "malformed-request", "The body comes in too many pieces. Send larger ones.")
_BROKEN = Problem(400, "malformed-request", "The body cannot be read as HTTP/1.1 to its end. Check its length, chunks.")
_FULL = Problem(503, "too-many-bodies", "Too many large requests at once. Send fewer abstracts, or send them later.")


class Bodies:
    """Reads bodies of `most` bytes at most, in `seconds`. All bodies in memory have `together` bytes at most.

    Bodies of up to 64 KiB have another 8 MiB.
    """

    def __init__(self, *, most: int, together: int, seconds: float) -> None:
        self._most = most
        self._together = together
        self.seconds = seconds
        self._held = 0

    async def read(self, receive: Receive, declared: str) -> bytearray:
        """Returns the whole body of a request whose Content-Length is `declared`, empty if it has none.

        The bytes count until `release`. After a ProblemError, none count.
        """
        body, length = bytearray(), int(declared) if declared.isdecimal() else 0
        try:
            self._check_room(length)
            async with asyncio.timeout(self.seconds):
                await self._fill(body, receive, length)
        except BaseException as error:
            self.release(len(body))
            if isinstance(error, TimeoutError):
                raise ProblemError(_TOO_SLOW) from error
            raise
        return body

    def release(self, size: int) -> None:
        """Stops counting a body of this size in bytes."""
        self._held -= size

    async def _fill(self, body: bytearray, receive: Receive, length: int) -> None:
        pieces, more = 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise ProblemError(_BROKEN)  # if the client has gone, this is never read
            body += message["body"]
            self._held += len(message["body"])
            # The server sends a last message at the end of a body. If the length is known, nothing waits for it.
            pieces, more = pieces + 1, message["more_body"] and len(body) != length
            if len(body) > self._most:
                raise ProblemError(body_too_large(f"more than {self._most:,} bytes"))
            if pieces > max(_PIECES, len(body) / _LEAST_PIECE):
                raise ProblemError(_PIECEMEAL)
            self._check_room(0, len(body))

    def _check_room(self, coming: int, size: int = 0) -> None:
        reserve = _RESERVE if max(coming, size) <= _SMALL else 0
        if self._held + coming > self._together + reserve:
            raise ProblemError(_FULL)
