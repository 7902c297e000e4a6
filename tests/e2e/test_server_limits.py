"""The effect of one client on others: keys before bodies, bounded bodies, work that ends, truthful readiness."""

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from entrypoints.rest.http.access import hashed
from tests.e2e.server import TEXT, Server, resident_mb
from tests.waiting import until

pytest.importorskip("granian")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and fork")

KEY = "a-key-of-forty-characters-or-so-for-tests"
HEAD = b"POST /api/v1/predict/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BIG = 8 << 20


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One worker that asks for a key."""
    with Server(tmp_path_factory.mktemp("locked"), keys=[hashed(KEY)], read_limit=20) as running:
        yield running


def head_of_answer(client: socket.socket) -> bytes:
    """Returns the bytes until the end of an answer's head."""
    answer = b""
    while b"\r\n\r\n" not in answer and (part := client.recv(4096)):
        answer += part
    return answer


@pytest.mark.parametrize("length", [b"Content-Length: 8000000\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_without_a_key_no_body_is_read(locked: Server, length: bytes) -> None:
    """A request without a known key is answered 401 when its head has arrived."""
    with locked.connect() as client:
        client.sendall(HEAD + length + b"\r\n")
        assert head_of_answer(client).startswith(b"HTTP/1.1 401 ")


def test_a_client_that_expects_to_go_on_is_not_told_to(locked: Server) -> None:
    """Without a key, `Expect: 100-continue` is answered by 401 alone."""
    with locked.connect() as client:
        client.sendall(HEAD + b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n")
        assert head_of_answer(client).startswith(b"HTTP/1.1 401 ")


def test_a_large_body_without_a_key_costs_no_memory(locked: Server) -> None:
    """Sixty connections with eight megabytes each and no key do not increase a worker's memory."""
    (worker,) = locked.workers()
    locked.predict(TEXT)
    before = resident_mb(worker)
    with contextlib.ExitStack() as held:
        clients = [held.enter_context(locked.connect()) for _ in range(60)]
        for client in clients:
            with contextlib.suppress(OSError):
                client.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % BIG + b" " * (1 << 20))
        assert resident_mb(worker) - before < 20


@pytest.mark.parametrize("path", ["health", "live", "schema", "docs"])
def test_what_anybody_may_ask_takes_no_body(locked: Server, path: str) -> None:
    """Large bodies to open routes are not read, and a large request with a key is answered beside them."""
    head = HEAD.replace(b"/predict/", f"/{path}/".encode())
    with contextlib.ExitStack() as held:
        for _ in range(10):
            client = held.enter_context(locked.connect())
            client.settimeout(2)
            with contextlib.suppress(OSError):
                client.sendall(head + b"Content-Length: %d\r\n\r\n" % BIG + b" " * (BIG - 1))
        body = json.dumps({"abstracts": [TEXT * 100] * 100}).encode()
        answer = locked.send("POST", "/api/v1/predict/", body, X_API_Key=KEY)
        assert answer.status == 200


def test_many_small_bodies_are_bounded_too(tmp_path: Path) -> None:
    """Bodies of 64 KiB are refused past the limit and a reserve for small ones."""
    with Server(tmp_path, unfinished_body_megabytes=1, read_limit=60) as server, contextlib.ExitStack() as held:
        clients = [held.enter_context(server.connect()) for _ in range(200)]
        for client in clients:
            client.sendall(HEAD + b"Content-Length: 65000\r\n\r\n" + b" " * 64_999)
        until(lambda: sum(line["status"] == 503 for line in server.events("request_finished")) >= 40, seconds=20)


@pytest.mark.parametrize("path", ["/%e4%b8%ad", "/%ff", "/static/%ff", "/api/v1/models/%e4%b8%ad"])
def test_any_path_has_a_problem_document(locked: Server, path: str) -> None:
    """A path with characters of any kind is answered like another unknown one."""
    answer = locked.get(path)
    assert answer.status in (401, 404)
    assert answer.json()["request_id"]


def test_unfinished_bodies_are_bounded_together(tmp_path: Path) -> None:
    """Past the limit a large body is refused with 503 and a time to retry. A small request is still answered."""
    with Server(tmp_path, unfinished_body_megabytes=24, read_limit=60) as server, contextlib.ExitStack() as held:
        (worker,) = server.workers()
        server.predict(TEXT)
        before = resident_mb(worker)
        clients = [held.enter_context(server.connect()) for _ in range(12)]
        for client in clients:
            with contextlib.suppress(OSError):
                client.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % BIG + b" " * (BIG - 1))
        refused = [client for client in clients if refused_at_once(client)]
        assert 8 <= len(refused) <= 10
        assert resident_mb(worker) - before < 24 + 40
        assert server.predict(TEXT).status == 200


def refused_at_once(client: socket.socket) -> bool:
    """Returns whether a client got a 503. A client whose request is still read has no answer yet."""
    client.settimeout(0.5)
    try:
        answer = head_of_answer(client)
    except TimeoutError:
        return False
    except OSError:
        return True
    assert not answer or (answer.startswith(b"HTTP/1.1 503 ") and b"retry-after: 5" in answer), answer
    return True


def test_work_for_a_client_that_has_gone_ends(tmp_path: Path) -> None:
    """An explanation ends once its client has closed the connection, whatever was sent behind it, and is logged."""
    body = json.dumps({"abstracts": [TEXT * 60] * 128, "explain": True, "threshold": 0}).encode()
    with Server(tmp_path) as server:
        for accept, more in (
            (b"application/json", b""),
            (b"application/x-ndjson", b""),
            (b"*/*", b"\r\n\r\n"),
            (b"*/*", b"GET /api/v1/live/ HTTP/1.1\r\nHost: localhost\r\n\r\n"),
        ):
            count = len(gone(server))
            with server.connect() as client:
                head = HEAD + b"Accept: %s\r\nContent-Length: %d\r\n\r\n" % (accept, len(body))
                client.sendall(head + body + more)
                time.sleep(0.3)
            until(lambda: len(gone(server)) > count)  # noqa: B023  # called at once
        assert server.predict(TEXT).status == 200


def gone(server: Server) -> list[object]:
    """Returns the requests whose client closed the connection before or during the answer."""
    found = server.events("request_finished")
    return [line for line in found if line["status"] == 499 or line.get("broken_off")]


def test_an_ensemble_as_the_default_model_answers(tmp_path: Path) -> None:
    """A worker forked from a process that has loaded a transformer reads many texts at once."""
    with Server(tmp_path, MODEL_TYPE="ensemble", ARXIV_CLASSIFIER_ARTIFACTS=ARTIFACTS) as server:
        answer = server.predict(*[f"{TEXT} {number}" for number in range(40)])
        assert len(answer.json()["results"]) == 40


def test_the_time_limit_holds_inside_an_explanation(tmp_path: Path) -> None:
    """Explanations that would take many seconds end at the limit, with 503 and a time to retry."""
    with Server(tmp_path, time_limit=1, MODEL_TYPE="minilm", ARXIV_CLASSIFIER_ARTIFACTS=ARTIFACTS) as server:
        started = time.monotonic()
        answer = server.predict(*[words(3000)] * 4, explain=True, threshold=0)
        took = time.monotonic() - started
    assert answer.status == 503
    assert answer.json()["type"].endswith("too-slow")
    assert "Retry-After" in answer.headers
    assert took < 40


ARTIFACTS = str(Path(__file__).parents[2] / "artifacts")


def words(characters: int) -> str:
    """A text of distinct words."""
    return " ".join(f"word{number}" for number in range(characters // 9))[:characters]


@pytest.mark.slow
def test_small_requests_get_through_long_ones(tmp_path: Path) -> None:
    """While there are more long requests than the limit, small ones and readiness are answered."""
    with Server(tmp_path, threads=2, max_long_requests=2, time_limit=20) as server:
        patience = server.patience(6)
        long = {"explain": True, "threshold": 0, "timeout": 100}
        with ThreadPoolExecutor(12) as pool:
            asked = [pool.submit(lambda: server.predict(*[TEXT * 60] * 128, **long)) for _ in range(12)]
            time.sleep(1.5)
            for _ in range(10):
                started = time.monotonic()
                assert server.predict(TEXT).status == 200
                assert time.monotonic() - started < patience
            statuses = [each.result().status for each in asked]
    assert set(statuses) <= {200, 503}
    assert 503 in statuses


def test_a_stop_ends_whatever_runs(tmp_path: Path) -> None:
    """SIGTERM ends the server within `grace_seconds`, though a request would take longer."""
    with Server(tmp_path, MODEL_TYPE="minilm", ARXIV_CLASSIFIER_ARTIFACTS=ARTIFACTS, grace_seconds=2) as server:
        body = json.dumps({"abstracts": [words(3000)] * 128, "explain": True, "threshold": 0}).encode()
        client = server.connect()
        client.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        time.sleep(1)
        started = time.monotonic()
        server.process.terminate()
        server.process.wait(60)
        client.close()
    assert time.monotonic() - started < 30


@pytest.mark.slow
def test_a_stop_during_a_reload_ends_in_time(tmp_path: Path) -> None:
    """SIGTERM while workers are replaced ends within `grace_seconds` too, whatever their number."""
    with (
        Server(
            tmp_path, workers=3, MODEL_TYPE="minilm", ARXIV_CLASSIFIER_ARTIFACTS=ARTIFACTS, grace_seconds=3
        ) as server,
        contextlib.ExitStack() as held,
    ):
        body = json.dumps({"abstracts": [words(3000)] * 128, "explain": True, "threshold": 0}).encode()
        for _ in range(9):
            client = held.enter_context(server.connect())
            client.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        time.sleep(1)
        server.signal(signal.SIGHUP)
        time.sleep(0.7)
        started = time.monotonic()
        server.process.terminate()
        server.process.wait(60)
        assert time.monotonic() - started < 30


@pytest.mark.timeout(300)
def test_probes_are_quick_beside_large_requests(tmp_path: Path) -> None:
    """While many clients send the largest allowed requests, probes and small predictions wait for few of them."""
    with Server(tmp_path) as server, ThreadPoolExecutor(16) as pool:
        stop = threading.Event()
        answered: list[int] = []

        def ask() -> None:
            while not stop.is_set():
                answered.append(server.predict(*["graph theory " * 1500] * 128, timeout=200).status)

        asked = [pool.submit(ask) for _ in range(16)]
        try:
            until(lambda: answered)
            meanwhile = []
            for path in ["/api/v1/live/", "/api/v1/ready/"] * 5:
                before = len(answered)
                server.get(path, timeout=200)
                between = len(answered)
                assert server.predict(TEXT, timeout=200).status == 200
                meanwhile += [between - before, len(answered) - between]
        finally:
            stop.set()
        for each in asked:
            each.result()
    assert max(meanwhile) < 8, meanwhile  # in turn with the others, a request would wait for all sixteen


def test_workers_that_die_again_and_again_are_replaced(tmp_path: Path) -> None:
    """A server whose worker is killed several times within seconds goes on serving."""
    with Server(tmp_path) as server:
        for _ in range(4):
            (worker,) = server.workers()
            kill(worker)
            until(lambda: server.workers() not in ([], [worker]))  # noqa: B023  # called at once
            until(server.answers)
        assert server.process.poll() is None


def kill(pid: int) -> None:
    """Ends a process at once."""
    os.kill(pid, signal.SIGKILL)


def test_workers_end_with_the_first_process(tmp_path: Path) -> None:
    """When the process from which workers are forked is killed, they end too."""
    with Server(tmp_path) as server:
        (worker,) = server.workers()
        server.process.kill()
        server.process.wait()
        until(lambda: not Path(f"/proc/{worker}").exists())


def test_readiness_tells_of_a_server_that_is_full(tmp_path: Path) -> None:
    """A server is not ready while requests wait for a thread for over two seconds, and then ready again."""
    with Server(tmp_path, threads=1, max_long_requests=1, max_explanations=1, time_limit=30) as server:
        ask = {"explain": True, "threshold": 0, "timeout": 100}
        threads = [threading.Thread(target=lambda: server.predict(*[TEXT * 60] * 128, **ask)) for _ in range(8)]
        for thread in threads:
            thread.start()
        statuses = set()
        while any(thread.is_alive() for thread in threads):
            statuses.add(server.get("/api/v1/ready/").status)
            time.sleep(0.2)
        assert server.get("/api/v1/ready/").status == 200
    assert statuses <= {200, 503}
