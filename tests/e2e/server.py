"""A server of the API in a process of its own, and a plain client."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import fork_server

TEXT = "We propose a convolutional network for image segmentation of medical scans."
_OWN = ("ARXIV_CLASSIFIER_", "MODEL_", "DEBUG", "PROMETHEUS_", "DJANGO_")


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (by names of any case) and body of a response."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        """The body read as JSON."""
        return json.loads(self.body)


class Client:
    """A client of an API server at a port of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port

    def get(self, path: str, *, timeout: float = 30, **headers: str) -> Answer:
        """Sends a GET request on a connection of its own."""
        return self.send("GET", path, None, timeout=timeout, **headers)

    def predict(self, *abstracts: object, timeout: float = 30, **fields: object) -> Answer:
        """Sends a request for predictions."""
        body = json.dumps({"abstracts": list(abstracts), **fields}).encode()
        return self.send("POST", "/api/v1/predict/", body, timeout=timeout)

    def send(self, method: str, path: str, body: bytes | None, *, timeout: float = 30, **headers: str) -> Answer:
        """Sends a request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            kind = {} if body is None else {"Content-Type": "application/json"}
            connection.request(method, path, body, {**kind, **named})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        """Opens a bare connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


class Server(Client):
    """`arxiv-classifier serve` on a free port, forked from a process that has its imports.

    With `fresh`, a limit of open files or a PYTHONPATH of its own, it is a new Python process.
    """

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 1,
        stderr: Path | None = None,
        files: int = 0,
        fresh: bool = False,
        **options: object,
    ) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            super().__init__(probe.getsockname()[1])
        self.log = stderr or folder / "server.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
        said = {
            name if name.isupper() else f"ARXIV_CLASSIFIER_API__{name.upper()}": value
            if isinstance(value, str)
            else json.dumps(value)
            for name, value in options.items()
        }
        arguments = ["serve", "--port", str(self.port), "--workers", str(workers)]
        root = str(Path(__file__).parents[2])
        environment = {**kept, "PYTHONPATH": root, **said}
        self._stderr = self.log.open("wb")
        self.process: subprocess.Popen[bytes] | fork_server.Process
        if not (fresh or files or "PYTHONPATH" in options):
            self.process = fork_server.start(
                arguments, cwd=folder, env=environment, stdout=self._stderr, stderr=self._stderr
            )
            return
        command = [sys.executable, "-m", "entrypoints", *arguments]
        if files:
            command = ["sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command]
        self.process = subprocess.Popen(command, cwd=folder, env=environment, stderr=self._stderr, stdout=self._stderr)

    def __enter__(self) -> "Server":
        """Waits until the server answers."""
        deadline = time.monotonic() + 100
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(self.said())
            try:
                self.get("/api/v1/live/", timeout=5)
                return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"no answer after 100 seconds: {self.said()}")

    def __exit__(self, *_: object) -> None:
        """Stops the server."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._stderr.close()

    def said(self) -> str:
        """The text of the log."""
        return self.log.read_text("utf-8", "replace")

    def events(self, name: str) -> list[dict[str, Any]]:
        """The log's lines of one event."""
        return [line for line in self.lines() if line.get("event") == name]

    def lines(self) -> list[dict[str, Any]]:
        """The log's lines that are JSON. A line that is still being written is left out."""
        whole, _, _ = self.said().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines() if line.startswith("{")]

    def patience(self, seconds: float) -> float:
        """The seconds within which an immediate answer is expected, more on a busy machine."""
        started = time.monotonic()
        for _ in range(3):
            self.predict(TEXT, timeout=60)
        return seconds + 10 * (time.monotonic() - started)

    def workers(self) -> list[int]:
        """The processes that answer requests."""
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, check=False)
        return [int(pid) for pid in listed.stdout.split()]

    def answers(self) -> bool:
        """Whether the server answers now. It does not for a moment after its only worker died."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.predict(TEXT, timeout=5).status == 200
        return False

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the process from which the others are forked."""
        self.process.send_signal(number)


def resident_mb(pid: int) -> float:
    """Resident memory of a process, in megabytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def shared_mb(pid: int) -> float:
    """Memory of a process that it shares with others, in megabytes."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8").splitlines()
    fields = {line.split(":")[0]: int(line.split()[1]) for line in lines[1:]}
    return (fields["Shared_Clean"] + fields["Shared_Dirty"]) / 1000
