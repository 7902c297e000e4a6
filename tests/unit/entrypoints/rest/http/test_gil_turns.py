"""Turns of threads at Python."""

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from entrypoints.rest.http.gil_turns import in_turn, turn_given_up
from entrypoints.rest.http.request_work import WorkLimits

pytestmark = pytest.mark.usefixtures("environment")


def test_one_thread_at_a_time_is_inside() -> None:
    """However many threads call, never are two of them in the application."""
    inside, seen = threading.Semaphore(1), []

    def handler(_request: HttpRequest) -> HttpResponse:
        seen.append(inside.acquire(blocking=False))
        threading.Event().wait(0.001)
        inside.release()
        return HttpResponse()

    handle = in_turn(handler)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: handle(HttpRequest()), range(40)))
    assert seen == [True] * 40


def test_who_gives_turn_up_lets_others_in() -> None:
    """Others run while a request gives its turn up, and not before or after."""
    inside, others = threading.Event(), threading.Event()

    def slow(_request: HttpRequest) -> HttpResponse:
        with turn_given_up():
            inside.set()
            assert others.wait(5)
        return HttpResponse(b"slow")

    def quick(_request: HttpRequest) -> HttpResponse:
        others.set()
        return HttpResponse(b"quick")

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(in_turn(slow), HttpRequest())
        assert inside.wait(5)
        assert in_turn(quick)(HttpRequest()).content == b"quick"
        assert waiting.result(5).content == b"slow"


def test_a_failure_ends_the_turn() -> None:
    """After an exception, with or without the turn, the next request runs."""

    def failing(request: HttpRequest) -> HttpResponse:
        if request.META["gives_turn_up"]:
            with turn_given_up():
                raise RuntimeError
        raise RuntimeError

    for gives_turn_up in (True, False):
        request = HttpRequest()
        request.META["gives_turn_up"] = gives_turn_up
        with pytest.raises(RuntimeError):
            in_turn(failing)(request)
    assert in_turn(lambda request: HttpResponse(b"next"))(HttpRequest()).content == b"next"


def test_aside_is_nothing_where_no_turn_is_held() -> None:
    """Code that is also run outside of requests, as when the server starts, may give up a turn at any time."""
    with turn_given_up(), turn_given_up():
        pass


def test_waiting_for_the_turn_is_no_computing() -> None:
    """A request that waited for its turn, at its start or within, does not count as long."""
    work_limits = WorkLimits(quick=2, long=1, seconds=60, explanations=1)
    work_limits.places.acquire()
    work = work_limits.work()

    def hold_turn() -> Future[HttpResponseBase]:
        inside = threading.Event()

        def slow(_request: HttpRequest) -> HttpResponse:
            inside.set()
            time.sleep(0.4)
            return HttpResponse()

        holder = pool.submit(in_turn(slow), HttpRequest())
        assert inside.wait(5)
        return holder

    def waiting(_request: HttpRequest) -> HttpResponse:
        work.check()
        with turn_given_up():
            holder = hold_turn()
        work.check()
        holder.result(5)
        return HttpResponse()

    with ThreadPoolExecutor(3) as pool:
        hold_turn()
        pool.submit(work.run, in_turn(waiting), HttpRequest()).result(5)
