"""Runs work on every processor of this process, in threads that all callers share.

ONNX Runtime allocates a paper's activations in the thread that runs it, and glibc keeps a heap for every thread. When
each of 8 callers with 64 papers had its own threads, the process grew from 154 to 283 MB, and with shared threads to
181 MB.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Item = TypeVar("Item")
Found = TypeVar("Found")

_lock = threading.Lock()


def count() -> int:
    """Returns the number of processors this process may use. In a container it may be smaller than the machine's."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        return os.cpu_count() or 1


def spread(work: Callable[[Item], Found], items: Iterable[Item]) -> Generator[Found, None, None]:
    """Yields the result of `work` for each item, in order.

    Only a few items are queued at a time, so that a caller with one item does not wait for all items of another. If an
    item fails or the generator is closed, queued items are cancelled.
    """
    with _lock:
        pool = _pool()
    waiting: deque[Future[Found]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) > count():
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


@cache
def _pool() -> ThreadPoolExecutor:
    _watch_forks()
    return ThreadPoolExecutor(count(), thread_name_prefix="onnx")


@cache
def _watch_forks() -> None:
    if hasattr(os, "register_at_fork"):  # not on Windows
        os.register_at_fork(after_in_child=_forget)


def _forget() -> None:
    """Discards the pool in a forked process, which has none of its threads and may hold a locked lock."""
    global _lock
    _lock = threading.Lock()
    _pool.cache_clear()
