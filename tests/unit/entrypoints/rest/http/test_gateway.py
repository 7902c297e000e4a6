"""The ASGI application around Django, without a server: what it reads, refuses, computes and sends."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from entrypoints.rest.http.access import hashed
from tests.waiting import until

pytest.importorskip("django")
TEXT = "image camera segmentation"
KEY = "a-key-of-forty-characters-or-so-for-tests"
Message = dict[str, Any]


def request(body: bytes = b"", *, path: str = "/api/v1/predict/", **headers: str) -> Message:
    """The scope of a request for predictions."""
    named = {"host": "localhost", "content-type": "application/json", "content-length": str(len(body)), **headers}
    return {
        "type": "http",
        "method": "POST" if body else "GET",
        "path": path,
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", "4711"),
        "server": ("127.0.0.1", 8000),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()],
    }


def answer(scope: Message, *messages: Message, **options: Any) -> tuple[list[Message], int]:
    """Returns a gateway's answer to a request in these messages, and the number of messages that it read."""
    from entrypoints.rest.http.bodies import Bodies
    from entrypoints.rest.http.gateway import Gateway
    from entrypoints.rest.state import state
    from entrypoints.rest.wsgi import application

    async def run() -> tuple[list[Message], int]:
        limits = {"most": 1 << 20, "together": 1 << 21, "seconds": 0.5, **options}
        gateway = Gateway(application.get_response, Bodies(**limits), state().work_limits, lambda: None)
        sent: list[Message] = []
        left = list(messages)

        async def receive() -> Message:
            if left:
                return left.pop(0)
            await asyncio.sleep(60)
            raise AssertionError("nobody waits so long")

        async def send(message: Message) -> None:
            sent.append(message)

        await gateway(scope, receive, send)
        return sent, len(messages) - len(left)

    return asyncio.run(run())


def whole(body: bytes) -> Message:
    """A body in one message."""
    return {"type": "http.request", "body": body, "more_body": False}


def part(body: bytes) -> Message:
    """A body's beginning."""
    return {"type": "http.request", "body": body, "more_body": True}


def test_a_request_is_answered(environment: None) -> None:
    """A body that comes in parts is read whole, and the answer has status, headers and content."""
    body = json.dumps({"abstracts": [TEXT]}).encode()
    sent, _ = answer(request(body), part(body[:5]), whole(body[5:]))
    start, content = sent
    assert start["status"] == 200
    assert dict(start["headers"])[b"content-type"] == b"application/json"
    assert json.loads(content["body"])["results"][0]["predictions"][0]["label"] == "cs.CV"
    assert content["more_body"] is False


def test_lines_are_sent_one_by_one(environment: None) -> None:
    """A stream is a message for each line, and an empty one at the end."""
    body = json.dumps({"abstracts": [TEXT, TEXT]}).encode()
    sent, _ = answer(request(body, accept="application/x-ndjson"), whole(body))
    assert [message.get("more_body") for message in sent] == [None, True, True, False]


def test_without_a_key_nothing_is_received(environment: None, options: Callable[..., None]) -> None:
    """A request that its head condemns is answered, and no part of its body is asked for."""
    options(keys=[hashed(KEY)])
    sent, taken = answer(request(b"x" * 100), whole(b"x" * 100))
    assert (sent[0]["status"], taken) == (401, 0)


def test_what_anybody_may_ask_receives_nothing(environment: None) -> None:
    """An open route is answered without its body."""
    sent, taken = answer(request(b"x" * 100, path="/api/v1/live/"), whole(b"x" * 100))
    assert (sent[0]["status"], taken) == (405, 0)


@pytest.mark.parametrize(
    ("messages", "options", "status"),
    [
        ([part(b"x" * 60_000)] * 30, {"most": 100_000}, 413),
        ([part(b"x" * 60_000)], {"together": 10}, 408),
        ([part(b"x" * 90_000)] * 3, {"together": 10}, 503),
        ([part(b"{")], {}, 408),
        ([part(b"{")] * 3000, {}, 400),
        ([part(b"{"), {"type": "http.disconnect"}], {}, 400),
    ],
    ids=["too large", "small", "together", "too slow", "piecemeal", "broken off"],
)
def test_bodies_that_are_refused(
    environment: None, messages: list[Message], options: dict[str, Any], status: int
) -> None:
    """Limits of size, memory, time and pieces each have their status, and a document that says what to do."""
    sent, _ = answer(request(b"x", **{"content-length": "1000"}), *messages, **options)
    assert sent[0]["status"] == status
    assert json.loads(sent[1]["body"])["detail"].endswith(".")
    assert (dict(sent[0]["headers"]).get(b"retry-after") == b"5") == (status == 503)


@pytest.mark.parametrize("path", ["/中", "/\udcff", "/static/é", "/"])
def test_paths_of_any_characters(environment: None, path: str) -> None:
    """A path is the request's own, whatever its characters."""
    sent, _ = answer(request(path=path), whole(b""))
    assert sent[0]["status"] in (302, 404)


@pytest.mark.parametrize(("name", "status"), [(b"x-api-key", 200), (b"x_api_key", 401), (b"script_name", 401)])
def test_headers_with_underscores_are_left_out(
    environment: None, options: Callable[..., None], name: bytes, status: int
) -> None:
    """A name with an underscore does not pass for the one with a hyphen."""
    options(keys=[hashed(KEY)])
    scope = request(path="/api/v1/models/")
    scope["headers"] += [(name, KEY.encode())]
    assert answer(scope, whole(b""))[0][0]["status"] == status


def test_a_query_of_any_bytes(environment: None) -> None:
    """A query that is not UTF-8 is answered as any other."""
    scope = {**request(path="/api/v1/live/"), "query_string": b"a=\xff&b=\xe9"}
    assert answer(scope)[0][0]["status"] == 200


def test_a_body_of_known_length_is_not_waited_for(environment: None) -> None:
    """A body that has as many bytes as its head says is whole, though the server has more to tell."""
    body = json.dumps({"abstracts": [TEXT]}).encode()
    assert answer(request(body), part(body))[0][0]["status"] == 200


def test_start_and_stop(environment: None) -> None:
    """The server's start and stop are answered, and at the stop the worker's `stop` is called."""
    from django.http import HttpResponse

    from entrypoints.rest.http.gateway import Gateway
    from entrypoints.rest.http.request_work import WorkLimits

    stopped, sent = threading.Event(), []
    events = iter(["lifespan.startup", "lifespan.shutdown"])

    async def receive() -> Message:
        return {"type": next(events)}

    async def send(message: Message) -> None:
        sent.append(message["type"])

    work_limits = WorkLimits(quick=1, long=1, seconds=1, explanations=1)
    bodies: Any = None
    gateway = Gateway(lambda request: HttpResponse(), bodies, work_limits, stopped.set)
    asyncio.run(gateway({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert stopped.is_set()


def test_work_ends_for_each_reason() -> None:
    """A client that has gone, a deadline, and too many long requests each end the work."""
    from entrypoints.rest.http.problems import ProblemError
    from entrypoints.rest.http.request_work import ClientGoneError, WorkLimits

    work_limits, hurried = (WorkLimits(quick=1, long=1, seconds=seconds, explanations=1) for seconds in (60, 0.1))
    first, second, late = work_limits.work(), work_limits.work(), hurried.work()
    assert work_limits.longest_wait() >= 0
    for work in (first, second):
        work.begin()

    def compute() -> None:
        time.sleep(0.3)
        first.check()
        with pytest.raises(ProblemError, match="Too many long requests"):
            second.check()
        first.end()
        second.check()
        second.end()

    first.run(second.run, compute)
    first.gone.set()
    with pytest.raises(ClientGoneError):
        first.check()
    time.sleep(0.2)
    with pytest.raises(ProblemError, match=r"more than 0\.1 seconds"):
        late.check()
    late.end()
    assert work_limits.longest_wait() == hurried.longest_wait() == 0


def test_an_unread_answer_keeps_no_place() -> None:
    """The place of a long request is free before its answer is sent."""
    from django.http import HttpResponse

    from entrypoints.rest.http.bodies import Bodies
    from entrypoints.rest.http.gateway import Gateway
    from entrypoints.rest.http.request_work import WORK, WorkLimits

    work_limits = WorkLimits(quick=1, long=1, seconds=60, explanations=1)
    places: list[bool] = []

    def free() -> bool:
        found = work_limits.places.acquire(blocking=False)
        if found:
            work_limits.places.release()
        return found

    def long(request: Any) -> HttpResponse:
        time.sleep(0.3)
        request.META[WORK].check()
        places.append(free())
        return HttpResponse(b"x" * 100_000)

    received = [whole(b"{}")]

    async def receive() -> Message:
        return received.pop() if received else await asyncio.Future()

    async def send(message: Message) -> None:
        places.append(free())

    bodies = Bodies(most=1 << 20, together=1 << 21, seconds=5)
    asyncio.run(Gateway(long, bodies, work_limits, lambda: None)(request(b"{}"), receive, send))
    assert places == [False, True, True, True]


def test_large_requests_leave_threads_to_others() -> None:
    """While large requests hold all their threads, small ones are answered. A long one leaves its thread's place."""
    from django.http import HttpResponse

    from entrypoints.rest.http.bodies import Bodies
    from entrypoints.rest.http.gateway import Gateway
    from entrypoints.rest.http.gil_turns import is_large, turn_given_up
    from entrypoints.rest.http.problems import ProblemError
    from entrypoints.rest.http.request_work import WORK, Work, WorkLimits

    small_answered, three_are_long = threading.Event(), threading.Event()
    answered: list[bytes] = []
    long: list[Work] = []

    def respond(request: Any) -> HttpResponse:
        if not is_large(request):
            small_answered.set()
            return HttpResponse(b"small")
        with turn_given_up():
            assert small_answered.wait(10)
            time.sleep(0.3)
            try:
                request.META[WORK].check()
            except ProblemError:
                return HttpResponse(b"busy")
            long.append(request.META[WORK])
            if len(long) == 3:
                three_are_long.set()
            assert three_are_long.wait(10)
        return HttpResponse(b"large")

    async def ask(gateway: Gateway, body: bytes) -> None:
        received = [whole(body)]

        async def receive() -> Message:
            return received.pop() if received else await asyncio.Future()

        async def send(message: Message) -> None:
            answered.append(message.get("body", b""))

        await gateway(request(body), receive, send)

    async def ask_all() -> None:
        bodies = Bodies(most=1 << 20, together=1 << 23, seconds=5)
        work_limits = WorkLimits(quick=1, long=3, seconds=60, explanations=1)
        gateway = Gateway(respond, bodies, work_limits, lambda: None)
        large = [asyncio.create_task(ask(gateway, b" " * 200_000)) for _ in range(8)]
        await asyncio.sleep(0.2)
        await asyncio.gather(*large, ask(gateway, b"{}"))

    asyncio.run(ask_all())
    assert sorted(set(answered) - {b"", b"busy"}) == [b"large", b"small"]
    assert answered.count(b"large") >= 3


def test_explanations_wait_for_one_another() -> None:
    """Of explanations, as many are made at a time as may be. One that waits ends at its deadline."""
    from entrypoints.rest.http.problems import ProblemError
    from entrypoints.rest.http.request_work import WorkLimits

    work_limits = WorkLimits(quick=1, long=1, seconds=0.2, explanations=1)
    with work_limits.work().explaining():
        waiting = work_limits.work()
        with pytest.raises(ProblemError), waiting.explaining():
            raise AssertionError("two at a time")
    with work_limits.work().explaining():
        pass


def test_a_closed_connection_is_seen() -> None:
    """A client's connection is found by its address, and seen to be closed. An unknown one counts as open."""
    from entrypoints.rest.http.connections import Connection

    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        server, address = listening.accept()
        with server:
            connection = Connection(address)
            assert not connection.closed()
            client.close()
            until(connection.closed)
            connection.close()
    assert not Connection(("10.255.255.1", 1)).closed()
