"""The ASGI application around Django: the event loop reads requests and sends answers, threads compute.

A request that its headers exclude is answered before its body is read. A thread gets complete requests only, and never
waits for a client. Work for a client that has gone ends, and its requests that wait for a thread are dropped.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext, suppress
from functools import partial
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.core.signals import request_started
from django.http import HttpRequest, HttpResponseBase

from entrypoints.rest.http.admission import ADMISSION, refusal
from entrypoints.rest.http.bodies import Bodies, Receive
from entrypoints.rest.http.gil_turns import Handler, in_turn, is_large
from entrypoints.rest.http.large_requests import LargeRequests
from entrypoints.rest.http.problems import ProblemError
from entrypoints.rest.http.request_work import WORK, ClientGoneError, Work, WorkLimits
from entrypoints.rest.routes import MONITORING, Access, access_to, route_of

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]
_PIECE = 1 << 16
_SOON = 0.05  # seconds after which the gateway checks whether the client of an unfinished answer is still connected


class Gateway:
    """Answers the requests of one worker. `stop` is called when all are answered and the worker ends."""

    def __init__(self, handler: Handler, bodies: Bodies, work_limits: WorkLimits, stop: Callable[[], None]) -> None:
        self._handler = handler
        self._bodies = bodies
        self._limits = work_limits
        self._stop = stop
        self._large = LargeRequests(work_limits.large)
        self._threads = ThreadPoolExecutor(work_limits.threads, "request")
        # These threads answer probes and refusals while all others compute.
        self._prompt = ThreadPoolExecutor(2, "prompt")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answers one request, or the server's own start and stop."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        else:
            with suppress(ClientGoneError, TimeoutError):
                await self._handle(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.to_thread(self._stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _handle(self, scope: Message, receive: Receive, send: Send) -> None:
        content = io.BytesIO()
        # Django would read a query in UTF-8 and fail at any other.
        request = ASGIRequest({**scope, "query_string": scope["query_string"].decode("latin-1")}, content)
        route = route_of(request.path_info)
        with_body = access_to(route) is Access.KEY and refusal(request) is None
        size = await self._read(request, content, receive) if with_body else 0
        prompt = refusal(request) is not None or route in MONITORING
        pool, respond = (self._prompt, self._respond) if prompt else (self._threads, in_turn(self._respond))
        work = self._limits.work((scope["client"][0], int(scope["client"][1])), waits=not prompt)
        request.META |= {"CONTENT_LENGTH": str(size), WORK: work}
        thread = partial(asyncio.get_running_loop().run_in_executor, pool, work.run)  # type: ignore[arg-type]  # the rest follows
        # If the body was not read, receiving would ask the client for it.
        watch = asyncio.ensure_future(_watch(receive, work)) if with_body and not prompt else None
        try:
            async with self._large.place(work) if is_large(request) else nullcontext():
                start, answer = await thread(_begin, respond, request)
            if isinstance(answer, bytes):
                work.end()  # a client that reads slowly must keep no place of a long request
            await send(start)
            async for piece, more in _pieces(answer, thread):
                async with asyncio.timeout(self._bodies.seconds):
                    await send({"type": "http.response.body", "body": piece, "more_body": more})
        finally:
            if watch is not None:
                watch.cancel()
            work.end()
            self._bodies.release(size)

    async def _read(self, request: HttpRequest, content: io.BytesIO, receive: Receive) -> int:
        """Reads the body of an admitted request into `content`, and returns its size; 0 if it is refused."""
        try:
            size = content.write(await self._bodies.read(receive, request.META.get("CONTENT_LENGTH", "")))
        except ProblemError as error:
            request.META[ADMISSION] = error.problem
            return 0
        content.seek(0)
        return size

    def _respond(self, request: HttpRequest) -> HttpResponseBase:
        """Returns the response to a request that has waited for its turn."""
        request.META[WORK].begin()
        request_started.send(sender=type(self))
        return self._handler(request)


def _begin(respond: Handler, request: HttpRequest) -> tuple[Message, Any]:
    """Returns the answer's start and its content: bytes, or the response itself if it is streamed."""
    response: Any = respond(request)
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.items()]
    start = {"type": "http.response.start", "status": response.status_code, "headers": headers}
    if response.streaming:
        return start, response
    with closing(response):
        return start, response.content


async def _watch(receive: Receive, work: Work) -> None:
    """Ends the work when the client closes its connection. Most answers are ready before the first check."""
    await asyncio.sleep(_SOON)
    while (await receive())["type"] != "http.disconnect":
        pass
    work.gone.set()


async def _pieces(content: Any, thread: Callable[..., Awaitable[Any]]) -> AsyncIterator[tuple[bytes, bool]]:
    """Yields the parts of an answer, and whether more follow. Parts of a stream are made as they are sent."""
    if isinstance(content, bytes):
        for at in range(0, len(content) or 1, _PIECE):
            yield content[at : at + _PIECE], at + _PIECE < len(content)
        return
    parts = iter(content)
    try:
        while part := await thread(next, parts, b""):
            yield part, True
        yield b"", False
    finally:
        await thread(content.close)
