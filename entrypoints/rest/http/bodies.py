"""Reads the bodies of requests within limits of size, time and memory."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from entrypoints.rest.http.problems import Problem, ProblemError

Receive = Callable[[], Awaitable[dict[str, Any]]]
_SMALL = 1 << 16
_RESERVE = 8 << 20  # bytes beyond the limit for bodies that are small, so that they get through beside large ones
_PIECES, _LEAST_PIECE = 2_000, 64
_TOO_SLOW = Problem(408, "too-slow-to-send", "The request was not sent in time. Send it at once.")
_PIECEMEAL = Problem(400, "malformed-request", "The body comes in too many pieces. Send larger ones.")
_FULL = Problem(
    503,
    "too-many-bodies",
    "Too many large requests are on their way to this server. Send it again later, or fewer abstracts at once.",
    (),
    (("Retry-After", "5"),),
)
_BROKEN = Problem(
    400, "malformed-request", "The body cannot be read as HTTP/1.1 to its end. Check its length or chunks."
)


class Bodies:
    """Reads bodies of `most` bytes at most, in `seconds`; all that are held have `together` bytes at most.

    For bodies of 64 KiB at most there are 8 MiB more.
    """

    def __init__(self, *, most: int, together: int, seconds: float, too_large: Callable[[str], Problem]) -> None:
        self._most = most
        self._together = together
        self._seconds = seconds
        self._too_large = too_large
        self._held = 0

    async def read(self, receive: Receive, declared: int) -> bytes:
        """The whole body of a request that declares so many bytes, 0 if it does not say.

        The bytes count until `release`. Raises ProblemError; then none count.
        """
        if self._held + declared > self._limit(declared):
            raise ProblemError(_FULL)
        body = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                await self._fill(body, receive)
        except BaseException as error:
            self.release(len(body))
            if isinstance(error, TimeoutError):
                raise ProblemError(_TOO_SLOW) from error
            raise
        return bytes(body)

    def release(self, size: int) -> None:
        """Counts a body of so many bytes no more."""
        self._held -= size

    async def _fill(self, body: bytearray, receive: Receive) -> None:
        pieces, more = 0, True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                raise ProblemError(_BROKEN)  # or the client has gone, and nobody reads this
            piece = message.get("body", b"")
            body += piece
            self._held += len(piece)
            pieces, more = pieces + 1, message.get("more_body", False)
            self._check(len(body), pieces)

    def _check(self, size: int, pieces: int) -> None:
        if size > self._most:
            raise ProblemError(self._too_large(f"more than {self._most:,} bytes"))
        if self._held > self._limit(size):
            raise ProblemError(_FULL)
        if pieces > _PIECES and size < pieces * _LEAST_PIECE:
            raise ProblemError(_PIECEMEAL)

    def _limit(self, size: int) -> int:
        return self._together + (_RESERVE if size <= _SMALL else 0)
