"""The server under load, faults and hostile clients, with real processes and requests."""

import contextlib
import http.client
import json
import os
import random
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scripts import hostile_bodies
from tests import fork_server
from tests.e2e.server import TEXT, Answer, Server, resident_mb, shared_mb
from tests.waiting import until

pytest.importorskip("granian")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and fork")

BASELINE = Path(__file__).parents[2] / "artifacts" / "baseline"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One worker with the shipped model."""
    with Server(tmp_path_factory.mktemp("server"), read_limit=3, fresh=True) as running:
        yield running


def bundle(folder: Path, name: str, *, version: str) -> Path:
    """A copy of the shipped model under another version."""
    copy = shutil.copytree(BASELINE, folder / name)
    manifest = copy / "manifest.json"
    values = json.loads(manifest.read_text("utf-8"))
    manifest.write_text(json.dumps({**values, "version": version}, indent=1), "utf-8")
    return copy


def point(link: Path, target: Path) -> None:
    """Makes a link point elsewhere in one step."""
    new = link.with_name("new-link")
    new.symlink_to(target)
    new.replace(link)


class Traffic:
    """Sends requests one after another from some threads until it is stopped, and keeps every answer.

    Each thread pauses for a hundredth of a second between requests, which leaves most of the processors to other tests.
    """

    def __init__(self, ask: Callable[[], Answer], *, threads: int = 4) -> None:
        self.answers: list[Answer] = []
        self.errors: list[Exception] = []
        self._ask = ask
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(threads)]

    def _run(self) -> None:
        while not self._stop.wait(0.01):
            try:
                self.answers.append(self._ask())
            except (OSError, http.client.HTTPException) as error:  # the second where an answer is cut off
                self.errors.append(error)

    def __enter__(self) -> "Traffic":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def statuses(self) -> set[int]:
        """Every status that was answered."""
        return {answer.status for answer in self.answers}


def test_it_answers(server: Server) -> None:
    """The shipped model predicts, and health reports it."""
    assert server.get("/api/v1/health/").json()["model_loaded"] is True
    answer = server.predict(TEXT)
    assert answer.json()["results"][0]["predictions"][0]["label"] == "cs.CV"
    assert answer.json()["model_version"] == json.loads((BASELINE / "manifest.json").read_text("utf-8"))["version"]


def test_a_worker_is_small(server: Server) -> None:
    """A worker has at most 250 MB."""
    for _ in range(20):
        server.predict(*[TEXT] * 32)
    (worker,) = server.workers()
    assert resident_mb(worker) < 250


HEAD = b"POST /api/v1/predict/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
STATIC = b"/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"


def test_slow_clients_stop_nobody(server: Server) -> None:
    """While 500 clients send half a head or half a body, others are answered. Later all slow connections are closed."""
    patience = server.patience(5)
    slow = [server.connect() for _ in range(500)]
    try:
        for number, client in enumerate(slow):
            client.sendall(HEAD + b"Content-Length: 1000\r\n" + b"\r\n{" * (number % 2))
        started = time.monotonic()
        assert [server.get("/api/v1/health/").status for _ in range(20)] == [200] * 20
        assert server.predict(TEXT).status == 200
        assert time.monotonic() - started < patience
        assert slow[0].recv(100) == b""
        assert slow[1].recv(100).startswith(b"HTTP/1.1 408 ")
    finally:
        for client in slow:
            client.close()


@pytest.mark.parametrize("size", [262_144, 262_000, 230_000, 131_072])
def test_a_request_of_as_much_as_is_read_at_once_is_answered(server: Server, size: int) -> None:
    """A request whose last bytes fill the last read is answered at once."""
    for _ in range(3):
        with server.connect() as client:
            client.settimeout(20)
            head = "POST /api/v1/predict/ HTTP/1.1\r\nHost: localhost\r\n"
            head += "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n"
            length = size - len(head.format(size))
            body = json.dumps({"abstracts": ["graph " * 1_000] * 12})
            client.sendall((head.format(length) + body + " " * (length - len(body))).encode())
            assert client.recv(100).startswith(b"HTTP/1.1 200 ")


def test_silent_clients_stop_nobody(server: Server) -> None:
    """Silent connections hold no thread."""
    silent = [server.connect() for _ in range(100)]
    assert server.get("/api/v1/health/").status == 200
    for client in silent:
        client.close()


@pytest.mark.parametrize(
    ("data", "count"),
    [
        (b"NONSENSE\r\n\r\n", 20),
        (b"GET /api/v1/live/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 20),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n400\r\n{\r\n0\r\n\r\n", 12),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 200_000, 12),
        (HEAD + b"Content-Length: 00000000000000000000000000005\r\n\r\n", 12),
        (HEAD + b"Content-Length: 99999999\r\n\r\n", 12),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: %s\r\n" % (b"a" * 8000) * 9, 12),
        ((b"GET " + STATIC + b" HTTP/1.1\r\nHost: localhost\r\n\r\n") * 6, 12),
    ],
    ids=["nonsense", "close", "no end", "tiny chunks", "zeros", "too large", "long head", "slow readers"],
)
def test_clients_that_hold_on_stop_nobody(server: Server, data: bytes, count: int) -> None:
    """More clients than threads that send half of a request, read no answer, or never close delay no other."""
    patience = server.patience(5)
    with contextlib.ExitStack() as held:
        for _ in range(count):
            client = held.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.settimeout(20)
            client.connect(("127.0.0.1", server.port))
            with contextlib.suppress(OSError):
                client.sendall(data)
        started = time.monotonic()
        assert server.predict(TEXT).status == 200
        assert server.get("/api/v1/health/").status == 200
        assert time.monotonic() - started < patience


def test_more_connections_than_files_may_be_open(tmp_path: Path) -> None:
    """A worker accepts no more connections than it may open files, and goes on when some are closed."""
    with Server(tmp_path, files=200, read_limit=60) as server:
        (worker,) = server.workers()
        silent = [server.connect() for _ in range(250)]
        time.sleep(1)
        for client in silent:
            client.close()
        assert server.predict(TEXT, timeout=20).status == 200
        assert server.workers() == [worker]
        assert server.events("connections_limited")


def test_a_slow_reader_gets_all_of_it(server: Server) -> None:
    """An answer that is read slowly is whole."""
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(20)
        client.connect(("127.0.0.1", server.port))
        client.sendall(b"GET " + STATIC + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        time.sleep(0.5)
        answer = b"".join(iter(lambda: client.recv(1 << 16), b""))
    assert answer.partition(b"\r\n\r\n")[2] == server.get(STATIC.decode()).body


def test_probes_are_answered_while_all_threads_compute(tmp_path: Path) -> None:
    """Health has a thread of its own."""
    with Server(tmp_path, threads=1) as server:
        asking = threading.Thread(target=lambda: server.predict(*[TEXT * 20] * 128, explain=True, threshold=0))
        asking.start()
        until(lambda: busy(server.workers()[0]))
        assert server.get("/api/v1/health/").status == 200
        assert asking.is_alive()
        asking.join()


def busy(pid: int) -> bool:
    """Whether a process uses a processor."""

    def ticks() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    time.sleep(0.2)
    return ticks() - before > 5


def raw(server: Server, data: bytes, *, timeout: float = 20) -> bytes:
    """Returns the answer to bytes, until the server closes or is silent."""
    with server.connect() as client:
        client.settimeout(timeout)
        answer = b""
        try:
            client.sendall(data)
            while part := client.recv(65536):
                answer += part
        except OSError:
            pass
        return answer


def request(body: bytes, *lines: bytes) -> bytes:
    """Returns a request for predictions with further lines in its head."""
    head = [
        b"POST /api/v1/predict/ HTTP/1.1",
        b"Host: localhost",
        b"Content-Type: application/json",
        b"Connection: close",
    ]
    return b"\r\n".join([*head, *lines, b"", body])


BODY = json.dumps({"abstracts": [TEXT]}).encode()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request(BODY, b"Content-Length: %d" % len(BODY)), 200),
        (request(b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY), b"Transfer-Encoding: chunked"), 200),
        (request(BODY, b"Content-Length: %d" % len(BODY), b"Expect: 100-continue"), 100),
        (request(b"", b"Content-Length: 99999999999"), 413),
        (request(b"%x\r\n" % (9 << 20) + b" " * (9 << 20) + b"\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"), 413),
        (request(b"\x1f\x8b\x08" + b"\0" * 50, b"Content-Length: 53", b"Content-Encoding: gzip"), 415),
        (request(b"zz\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"), 400),
        (request(BODY, b"Content-Length: nine"), 400),
        (request(BODY, b"Content-Length: -5"), 400),
        (request(BODY, b"Content-Length: %d" % len(BODY), b"X-Long: " + b"a" * 65_000), 200),
        (request(BODY, b"Content-Length: %d" % len(BODY), b"X-Long: " + b"a" * 131_072), 431),
        (request(BODY, b"Content-Length: %d" % len(BODY), b"X-Long: " + b"a" * 300_000), 431),
        (b"GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n", 400),
        (request(BODY, b"Transfer-Encoding: gzip"), 400),
        (b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\n\r\n", 431),
        (b"NONSENSE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", 400),
    ],
)
def test_malformed_requests(server: Server, data: bytes, status: int) -> None:
    """Every malformed request is answered as a client's error. One that is no HTTP has no problem document."""
    answer = raw(server, data)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert status < 400 or b"content-length: 0\r\n" in answer or b"application/problem+json" in answer
    if status == 100:
        assert b"HTTP/1.1 200 OK" in answer


def test_hostile_bodies(server: Server) -> None:
    """None of three hundred hostile bodies is answered with a server's error, and none hangs."""
    chance = random.Random(0)
    seeds = [
        BODY,
        b'{"abstracts": [' + b"[" * 2000,
        b'{"abstracts": [NaN]}',
        b'{"abstracts": ["\\ud800"]}',
        b"\xff\xfe{",
        b'{"a":' * 500,
    ]

    def ask(number: int) -> int:
        body = bytearray(seeds[number % len(seeds)])
        for _ in range(chance.randrange(6)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        return server.send("POST", "/api/v1/predict/", bytes(body[: chance.randrange(1, len(body) + 1)])).status

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(ask, range(300)))
    assert statuses <= {200, 400, 404}
    assert 400 in statuses


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_thousands_of_hostile_bodies_leave_memory_flat(server: Server) -> None:
    """Three thousand hostile bodies bring no server's error, and the worker does not grow by 20 MB."""
    (worker,) = server.workers()
    bodies = list(hostile_bodies.bodies(3_000, seed=1))
    before = 0.0
    with ThreadPoolExecutor(8) as pool:
        for start in range(0, len(bodies), 500):
            statuses = set(
                pool.map(lambda each: server.send("POST", "/api/v1/predict/", each).status, bodies[start : start + 500])
            )
            assert statuses <= {200, 400, 404}
            before = before or resident_mb(worker)
    assert resident_mb(worker) - before < 20


def test_keep_alive_and_pipelining(server: Server) -> None:
    """Several requests on one connection, sent at once, are all answered in order."""
    one = request(BODY, b"Content-Length: %d" % len(BODY)).replace(b"Connection: close\r\n", b"")
    answer = raw(server, one * 3 + request(BODY, b"Content-Length: %d" % len(BODY)))
    assert answer.count(b"HTTP/1.1 200 OK") == 4


def test_a_new_bundle_takes_over(tmp_path: Path) -> None:
    """A link that points to another bundle is followed, and no request fails meanwhile. A corrupt one is refused."""
    link = tmp_path / "current"
    point(link, bundle(tmp_path, "one", version="1"))
    two, broken = bundle(tmp_path, "two", version="2"), bundle(tmp_path, "three", version="3")
    (broken / "network.safetensors").write_bytes(b"nonsense")
    with Server(tmp_path, MODEL_PATH=str(link)) as server, Traffic(lambda: server.predict(TEXT)) as traffic:
        until(lambda: traffic.answers)
        point(link, two)
        until(lambda: traffic.answers[-1].json()["model_version"] == "2")
        point(link, broken)
        until(lambda: server.events("model_refused"))
        count = len(traffic.answers)
        until(lambda: len(traffic.answers) > count + 20)
        assert traffic.answers[-1].json()["model_version"] == "2"
    assert (traffic.statuses(), traffic.errors) == ({200}, [])


def test_a_deleted_bundle_goes_on_serving(tmp_path: Path) -> None:
    """If the files are deleted while serving, the loaded model stays in service."""
    folder = bundle(tmp_path, "one", version="1")
    with Server(tmp_path, MODEL_PATH=str(folder)) as server:
        assert server.predict(TEXT).status == 200
        shutil.rmtree(folder)
        time.sleep(1.5)
        assert [server.predict(TEXT).status for _ in range(5)] == [200] * 5
        assert server.get("/api/v1/health/").status == 200


def test_a_server_starts_with_a_model_alone(tmp_path: Path) -> None:
    """A server without its model ends with code 3. Started again with the model, it serves."""
    place = tmp_path / "later"
    done = fork_server.run(["serve"], cwd=tmp_path, env={**os.environ, "MODEL_PATH": str(place)})
    assert (done.returncode, f"There is no model '{place}'" in done.stderr) == (3, True)
    bundle(tmp_path, "later", version="1")
    with Server(tmp_path, MODEL_PATH=str(place)) as server:
        assert server.predict(TEXT).status == 200


@pytest.mark.slow
def test_a_reload_loses_no_request(tmp_path: Path) -> None:
    """SIGHUP starts new processes with the current bundle, and no request fails."""
    link = tmp_path / "current"
    point(link, bundle(tmp_path, "one", version="1"))
    with Server(tmp_path, workers=2, MODEL_PATH=str(link)) as server, Traffic(lambda: server.predict(TEXT)) as traffic:
        until(lambda: traffic.answers)
        old = set(server.workers())
        point(link, bundle(tmp_path, "two", version="2"))
        server.signal(signal.SIGHUP)
        until(lambda: not old & set(server.workers()))
        count = len(traffic.answers)
        until(lambda: len(traffic.answers) > count + 20)
        assert traffic.answers[-1].json().get("model_version") == "2", (traffic.answers[-1], server.said()[-2500:])
    assert (traffic.statuses(), traffic.errors) == ({200}, [])


@pytest.mark.slow
def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    """If one of two workers is killed under load, only its active requests are lost, and another replaces it."""
    with Server(tmp_path, workers=2) as server, Traffic(lambda: server.predict(TEXT)) as traffic:
        until(lambda: len(traffic.answers) > 20)
        killed = server.workers()[0]
        os.kill(killed, signal.SIGKILL)
        until(lambda: len(server.workers()) == 2 and killed not in server.workers())
        count = len(traffic.answers)
        until(lambda: len(traffic.answers) > count + 50)
    assert traffic.statuses() == {200}
    assert len(traffic.errors) <= 8  # what the four clients had in flight and sent before the socket was closed


@pytest.mark.slow
def test_hostile_bodies_are_answered(tmp_path: Path) -> None:
    """None of 700 hostile bodies causes a 500, a bare 503 or no answer."""
    found = hostile_bodies.statuses_of_a_server(tmp_path, 700, seed=1)
    assert hostile_bodies.failures(found) == []
    assert {"200", "400"} <= {*found["predict"]}
    assert sum(sum(counts.values()) for counts in found.values()) == 700


@pytest.mark.slow
def test_workers_share_the_weights(tmp_path: Path) -> None:
    """Several workers share most pages of their memory."""
    with Server(tmp_path, workers=3) as server:
        for _ in range(30):
            server.predict(TEXT)
        for worker in server.workers():
            assert shared_mb(worker) > resident_mb(worker) / 2


def test_a_stop_finishes_what_is_in_hand(tmp_path: Path) -> None:
    """SIGTERM lets an active request end, and the server ends with code 0."""
    with Server(tmp_path, max_abstracts=2000) as server:
        answers: list[Answer] = []
        papers = [TEXT * 20] * 400
        asking = threading.Thread(target=lambda: answers.append(server.predict(*papers, explain=True, timeout=100)))
        asking.start()
        until(lambda: busy(server.workers()[0]))
        server.signal(signal.SIGTERM)
        asking.join(100)
        assert server.process.wait(60) == 0
    assert [answer.status for answer in answers] == [200]
    assert len(answers[0].json()["results"]) == 400


def test_a_full_disk_for_logs(tmp_path: Path) -> None:
    """If log lines cannot be written, requests are still answered."""
    with Server(tmp_path, stderr=Path("/dev/full")) as server:
        assert [server.predict(TEXT).status for _ in range(5)] == [200] * 5
        assert server.get("/metrics").status == 200


def test_metrics_are_those_of_all_workers(tmp_path: Path) -> None:
    """Each worker's metrics count the requests of all workers."""
    with Server(tmp_path, workers=3) as server:
        for _ in range(30):
            server.predict(TEXT)
        for _ in range(5):
            text = server.get("/metrics").body.decode()
            (line,) = [line for line in text.splitlines() if line.startswith("arxiv_classifier_model_requests_total")]
            assert line.endswith(" 30.0")


def test_rates_hold_across_workers(tmp_path: Path) -> None:
    """A client's requests are counted together, whichever worker answers."""
    with Server(tmp_path, workers=3, rate="10/hour") as server:
        statuses = [server.predict(TEXT).status for _ in range(20)]
    assert (statuses.count(200), statuses.count(429)) == (10, 10)


def test_an_address_that_is_taken(server: Server, tmp_path: Path) -> None:
    """A second server on the same port names the remedy in one sentence."""
    done = fork_server.run(["serve", "--port", server.port], cwd=tmp_path, env=os.environ)
    assert done.returncode == 2
    assert "is not available" in done.stderr


def test_djangos_own_checks(tmp_path: Path) -> None:
    """`manage check --deploy` finds nothing, in production with HTTPS and without."""
    key = "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOP"
    nowhere = {"MODEL_PATH": str(tmp_path / "nowhere")}
    production = {"PRODUCTION": "true", "HTTPS": "true", "SECRET_KEY": key}
    for extra in ({}, {f"ARXIV_CLASSIFIER_API__{name}": value for name, value in production.items()}):
        command = ["manage", "check", "--deploy", "--fail-level", "WARNING"]
        done = fork_server.run(command, cwd=tmp_path, env={**os.environ, **extra, **nowhere})
        assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr
