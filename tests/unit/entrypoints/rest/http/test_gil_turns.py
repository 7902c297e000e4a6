"""Turns of threads at Python."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from entrypoints.rest.http.gil_turns import aside, in_turn


def test_one_thread_at_a_time_is_inside() -> None:
    """However many threads call, never are two of them in the application."""
    inside, seen = threading.Semaphore(1), []

    def application(_environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        seen.append(inside.acquire(blocking=False))
        threading.Event().wait(0.001)
        inside.release()
        return [b""]

    handle = in_turn(application)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: handle({}, None), range(40)))
    assert seen == [True] * 40


def test_who_stands_aside_lets_others_in() -> None:
    """What takes long is no reason for others to wait: they go through while it lasts, and not before or after."""
    inside, others = threading.Event(), threading.Event()

    def slow(_environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        with aside():
            inside.set()
            assert others.wait(5)
        return [b"slow"]

    def quick(_environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        others.set()
        return [b"quick"]

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(in_turn(slow), {}, None)
        assert inside.wait(5)
        assert list(in_turn(quick)({}, None)) == [b"quick"]
        assert list(waiting.result(5)) == [b"slow"]


def test_a_failure_ends_the_turn() -> None:
    """After an exception, aside or not, the next is let in."""

    def failing(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        if environ["aside"]:
            with aside():
                raise RuntimeError
        raise RuntimeError

    for environ in ({"aside": True}, {"aside": False}):
        with pytest.raises(RuntimeError):
            in_turn(failing)(environ, None)
    assert list(in_turn(lambda environ, start: [b"next"])({}, None)) == [b"next"]


def test_aside_is_nothing_where_no_turn_is_held() -> None:
    """Code that is also run outside of requests, as when the server starts, may stand aside at any time."""
    with aside(), aside():
        pass
