"""Bounds how many requests with large bodies hold a thread, so that others find one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from entrypoints.rest.http.request_work import Work


class LargeRequests:
    """Places of large requests that do not count as long yet. The event loop waits for one, without a thread."""

    def __init__(self, most: int) -> None:
        self._places = asyncio.Semaphore(most)

    @asynccontextmanager
    async def place(self, work: Work) -> AsyncIterator[None]:
        """Holds a place during the block, or until the request counts as long, when the limit of those holds."""
        await self._places.acquire()
        given = asyncio.Event()

        def give() -> None:
            if not given.is_set():
                given.set()
                self._places.release()

        work.when_long(partial(_in_loop, asyncio.get_running_loop(), give))
        try:
            yield
        finally:
            give()


def _in_loop(loop: asyncio.AbstractEventLoop, give: Callable[[], None]) -> None:
    with suppress(RuntimeError):  # the loop has ended with the worker
        loop.call_soon_threadsafe(give)
