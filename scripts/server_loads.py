"""Hostile loads on a server of its own: what small predictions wait, what readiness says, and how much memory is used.

    uv run --group dev python -m scripts.server_loads [--load NAME ...] [--minutes 10]

Each load starts `serve` on a free port of this machine and stops it. A line of JSON for each says how many small
predictions were answered and how fast, the statuses of the hostile requests, and the worker's resident memory before,
at its highest, and ten seconds after the load.
"""

import argparse
import contextlib
import json
import socket
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from tests.e2e.server import TEXT, Server, resident_mb

ARTIFACTS = str(Path(__file__).parents[1] / "artifacts")
HEAD = b"POST /api/v1/predict/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
BIG = 8 << 20
SMALL_REQUESTS = 200
AFTERWARDS = 10.0


def words(characters: int) -> str:
    """Returns a text of distinct words, `characters` long."""
    return " ".join(f"word{number}" for number in range(characters // 6))[:characters]


def body(*abstracts: str, **fields: object) -> bytes:
    """The bytes of a request for predictions."""
    return json.dumps({"abstracts": list(abstracts), **fields}).encode()


@dataclass(slots=True)
class Watch:
    """Measurements of a server during a load."""

    server: Server
    highest: float = 0.0
    statuses: Counter[str] = field(default_factory=Counter)
    _over: threading.Event = field(default_factory=threading.Event)

    def memory(self) -> float:
        """Resident memory of the largest worker, in megabytes."""
        return max((resident_mb(pid) for pid in self.server.workers()), default=0.0)

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Notes the highest memory, four times a second."""
        thread = threading.Thread(target=self._look)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.25):
            with contextlib.suppress(OSError, ValueError):
                self.highest = max(self.highest, self.memory())

    def send(self, data: bytes, *, leave_after: float | None = None) -> None:
        """Sends bytes on a new connection and waits for the answer, or closes it after `leave_after` seconds."""
        try:
            with self.server.connect() as client:
                client.settimeout(150 if leave_after is None else leave_after)
                client.sendall(data)
                answer = client.recv(64)
                self.statuses[answer[9:12].decode() or "closed"] += 1
        except TimeoutError:
            self.statuses["left"] += 1
        except OSError:
            self.statuses["closed"] += 1


def request(data: bytes) -> bytes:
    """A whole request for predictions."""
    return HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(data) + data


def at_once(watch: Watch, count: int, data: bytes, *, leave_after: float | None = None) -> None:
    """Sends the same bytes from `count` clients at once."""
    with ThreadPoolExecutor(count) as pool:
        for _ in range(count):
            pool.submit(watch.send, data, leave_after=leave_after)


def hung_up(watch: Watch) -> None:
    """Eight clients ask for 32 explanations of 3,000 characters by minilm and leave after two seconds."""
    data = body(*[words(3000)] * 32, model="minilm", explain=True, threshold=0)
    at_once(watch, 8, request(data), leave_after=2)


def long_explanations(watch: Watch) -> None:
    """Four clients wait for an explanation of 20,000 characters by minilm each."""
    at_once(watch, 4, request(body(words(20_000), model="minilm", explain=True, threshold=0)))


def many_explanations(watch: Watch) -> None:
    """Eight clients wait for 32 explanations of 3,000 characters by minilm each."""
    at_once(watch, 8, request(body(*[words(3000)] * 32, model="minilm", explain=True, threshold=0)))


def many_predictions(watch: Watch) -> None:
    """Thirty clients wait for predictions of 128 texts of 20,000 characters by minilm each."""
    at_once(watch, 30, request(body(*[words(20_000)] * 128, model="minilm")))


def unfinished_bodies(watch: Watch) -> None:
    """Sixty clients send eight megabytes less one byte and stay for five seconds."""
    data = HEAD + b"Content-Length: %d\r\n\r\n" % BIG + b" " * (BIG - 1)
    at_once(watch, 60, data, leave_after=5)


def odd_json(watch: Watch) -> None:
    """Sixteen clients send eight megabytes of empty objects, of numbers and of brackets."""
    for piece in (b"{},", b"0,", b"[],"):
        filled = piece * ((BIG - 100) // len(piece))
        at_once(watch, 16, request(b'{"abstracts": [' + filled[:-1] + b"]}"))


def slow_clients(watch: Watch) -> None:
    """Five hundred clients send half a head, and five hundred half a body, and stay for five seconds."""
    with contextlib.ExitStack() as held:
        for number in range(1000):
            with contextlib.suppress(OSError):
                client: socket.socket = held.enter_context(watch.server.connect())
                client.sendall(HEAD + b"Content-Length: 1000\r\n" + b"\r\n{" * (number % 2))
        time.sleep(5)


LOADS: dict[str, Callable[[Watch], None]] = {
    load.__name__.replace("_", "-"): load
    for load in (
        hung_up, long_explanations, many_explanations, many_predictions, unfinished_bodies, odd_json, slow_clients,
    )
}  # fmt: skip


def small_predictions(server: Server, ready: Counter[int]) -> list[float]:
    """Seconds of small predictions one after another; those without an answer in ten seconds count as infinite."""
    took: list[float] = []
    for number in range(SMALL_REQUESTS):
        started = time.monotonic()
        try:
            status = server.predict(TEXT, timeout=10).status
        except (OSError, HTTPException):
            status = 0
        took.append(time.monotonic() - started if status == 200 else float("inf"))
        if number % 20 == 0:
            ready[server.get("/api/v1/ready/", timeout=10).status] += 1
    return sorted(took)


def run(name: str, folder: Path) -> dict[str, object]:
    """One load on a server with the shipped baseline, and small predictions right after it."""
    with Server(folder, ARXIV_CLASSIFIER_ARTIFACTS=ARTIFACTS, read_limit=10) as server:
        server.predict(TEXT)
        server.predict(TEXT, model="minilm")
        watch = Watch(server)
        before, ready = watch.memory(), Counter[int]()
        with watch.watching():
            LOADS[name](watch)
            took = small_predictions(server, ready)
            time.sleep(AFTERWARDS)
        return {
            "load": name,
            "answered": sum(seconds < float("inf") for seconds in took),
            "of": len(took),
            "p50_ms": round(took[len(took) // 2] * 1000, 1),
            "p99_ms": round(took[int(len(took) * 0.99) - 1] * 1000, 1),
            "ready": dict(ready),
            "hostile": dict(watch.statuses),
            "memory_mb": [round(before), round(watch.highest), round(watch.memory())],
        }


def normal_load(minutes: float, folder: Path) -> dict[str, object]:
    """Requests of one abstract and of 32, from four clients, on a server with the baseline alone."""
    with Server(folder, ARXIV_CLASSIFIER_ARTIFACTS=ARTIFACTS) as server:
        server.predict(TEXT)
        watch, until = Watch(server), time.monotonic() + 60 * minutes
        before = watch.memory()

        def ask(number: int) -> int:
            count = 0
            while time.monotonic() < until:
                count += server.predict(*[f"{TEXT} {number} {count}"] * (1 if count % 2 else 32)).status == 200
            return count

        with watch.watching(), ThreadPoolExecutor(4) as pool:
            answered = sum(pool.map(ask, range(4)))
        memory = [round(before), round(watch.highest), round(watch.memory())]
        return {"load": "normal", "minutes": minutes, "answered": answered, "memory_mb": memory}


def main() -> None:
    """Runs the loads that are asked for, all of them where none is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--load", nargs="*", choices=sorted(LOADS), default=sorted(LOADS), help="which loads")
    parser.add_argument("--minutes", type=float, default=0, help="minutes of normal load, after the others")
    given = parser.parse_args()
    for name in given.load:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(run(name, Path(folder))), flush=True)
    if given.minutes:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(normal_load(given.minutes, Path(folder))), flush=True)


if __name__ == "__main__":
    main()
