"""The ASGI application around Django: the event loop reads requests and sends answers, threads compute.

A request that its head condemns is answered before its body is read. A thread is given whole requests only, and waits
for no client. What is computed for a client that has gone ends; what waits for a thread is dropped.
"""

import asyncio
import contextvars
import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, suppress
from typing import Any

from django.core.handlers.wsgi import WSGIRequest

from entrypoints.rest.http.admission import ADMISSION, refusal
from entrypoints.rest.http.bodies import Bodies, Receive
from entrypoints.rest.http.environ import environ_of
from entrypoints.rest.http.gil_turns import Application, in_turn
from entrypoints.rest.http.problems import ProblemError
from entrypoints.rest.http.request_work import WORK, ClientGoneError, Work, Workplace
from entrypoints.rest.routes import MONITORING, Access, access_to, route_of

Send = Callable[[dict[str, Any]], Awaitable[None]]
_PIECE = 1 << 16
_PROMPT = 2  # threads for probes and refusals, which are answered while all others compute


class Gateway:
    """Answers the requests of one worker; `stop` is called when they are answered and the worker ends."""

    def __init__(
        self,
        application: Application,
        bodies: Bodies,
        workplace: Workplace,
        *,
        sending: float,
        stop: Callable[[], None],
    ) -> None:
        self._application = application
        self._application_in_turn = in_turn(_begun_before(application))
        self._bodies = bodies
        self._workplace = workplace
        self._sending = sending
        self._stop = stop
        self._threads = ThreadPoolExecutor(workplace.threads, "request")
        self._prompt = ThreadPoolExecutor(_PROMPT, "prompt")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answers one request, or the server's own start and stop."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            with suppress(ClientGoneError, TimeoutError):
                await self._handle(environ_of(scope), receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        event = ""
        while event != "lifespan.shutdown":
            event = (await receive())["type"]
            if event == "lifespan.shutdown":
                await asyncio.to_thread(self._stop)
            await send({"type": f"{event}.complete"})

    async def _handle(self, environ: dict[str, Any], receive: Receive, send: Send) -> None:
        route = route_of(environ["PATH_INFO"])
        with_body = access_to(route) is Access.KEY
        body = await self._body(environ, receive, with_body=with_body)
        refused = environ[ADMISSION] is not None
        prompt = refused or route in MONITORING
        work = self._workplace.work(environ["REMOTE_PEER"], waits=not prompt)
        environ |= {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body)), WORK: work}
        thread = _Thread(self._prompt if prompt else self._threads, work)
        # Where the body was not read, to receive would ask the client for it.
        watch = asyncio.ensure_future(_watch(receive, work)) if with_body and not refused else None
        application = self._application if prompt else self._application_in_turn
        try:
            start, content = await thread(_begin, application, environ)
            await send(start)
            async for piece, more in _pieces(content, thread):
                async with asyncio.timeout(self._sending):
                    await send({"type": "http.response.body", "body": piece, "more_body": more})
        finally:
            if watch is not None:
                watch.cancel()
            work.end()
            self._bodies.release(len(body))

    async def _body(self, environ: dict[str, Any], receive: Receive, *, with_body: bool) -> bytes:
        """The body of an admitted request; empty for another, of which the environment says why it is refused.

        Of what anybody may ask, nothing takes a body, and none is read.
        """
        # Django's request changes the environment that it is made from.
        environ[ADMISSION] = refusal(WSGIRequest({**environ, "wsgi.input": io.BytesIO()}))
        if environ[ADMISSION] is not None or not with_body:
            return b""
        length = environ.get("CONTENT_LENGTH", "0")
        try:
            return await self._bodies.read(receive, int(length) if length.isdecimal() else 0)
        except ProblemError as error:
            environ[ADMISSION] = error.problem
            return b""


def _begin(application: Application, environ: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """The answer's start, and its content: bytes, or an iterator where it is made while it is sent."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    content: Any = application(environ, lambda status, headers, _=None: started.append((status, headers)))
    status, headers = started[0]
    named = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    start = {"type": "http.response.start", "status": int(status[:3]), "headers": named}
    if content.streaming:
        return start, content
    with closing(content):
        return start, b"".join(content)


def _begun_before(application: Application) -> Application:
    """The application, called when the request has waited for its turn."""

    def handle(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ[WORK].begin()
        return application(environ, start_response)

    return handle


async def _watch(receive: Receive, work: Work) -> None:
    """Tells the work when the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
    work.gone.set()


class _Thread:
    """Calls the functions of one request in a pool's threads, one after another, as if it were one thread."""

    def __init__(self, pool: Executor, work: Work) -> None:
        self._pool = pool
        self._work = work
        self._context = contextvars.copy_context()

    async def __call__(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._run, function, *arguments)

    def _run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        with self._work.computing():
            return self._context.run(function, *arguments)


async def _pieces(content: Any, thread: _Thread) -> AsyncIterator[tuple[bytes, bool]]:
    """The parts of an answer and whether more follow; those of a stream are made one by one, as they are taken."""
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
