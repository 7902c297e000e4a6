"""Processes of the command line, forked from a process that has imported its libraries.

A start of `python -m entrypoints serve` spends two seconds of a processor on imports. A fork of a process that has made
them needs none of that, and it is a process like any other: it has its own environment, working directory, files,
signals and exit code. Tests of the start itself, of `python` options and of imports start Python in the usual way.
"""

import atexit
import contextlib
import functools
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]
# What most commands and the API import. None of them reads the environment or starts threads when it is imported.
LIBRARIES = (
    *("django.contrib.admindocs.utils", "django.contrib.postgres.fields", "django.core.management"),
    *("django.db.models", "django.http", "django.test.client", "django.urls", "django.views.debug"),
    *("docutils.core", "docutils.parsers.rst", "granian.server", "jinja2", "markdown", "numpy", "pydantic_settings"),
    *("requests", "rich.console", "rich.progress", "rich.table", "safetensors.numpy", "structlog.dev", "uritemplate"),
    *("packaging.requirements", "sqlite3", "yaml", "adapters.classifiers.baseline.classifier"),
    *("adapters.examinations.accelerators", "adapters.examinations.folders", "adapters.examinations.processor"),
    *("adapters.examinations.versions", "adapters.model_store.filesystem", "adapters.model_store.in_use"),
    *("application.advise", "application.diagnose", "application.find_similar", "application.models.composite"),
    *("application.models.ensemble", "application.open_model", "application.predict", "application.runs.run_context"),
    *("domain.logged_prediction", "domain.ports.prediction_log", "entrypoints.advice", "entrypoints.cli.main"),
    *("entrypoints.container", "entrypoints.examining", "entrypoints.log_lines", "entrypoints.logs"),
    *("entrypoints.settings_model", "entrypoints.settings_sources", "entrypoints.taxonomies"),
)
_SIZE = 8  # bytes of a request's length


class Process:
    """A running command, with the methods of subprocess.Popen that tests use."""

    def __init__(self, status: IO[bytes]) -> None:
        self._status = status
        self.pid = int(status.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or minus the signal that ended it; None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Waits for the end; raises subprocess.TimeoutExpired after `timeout` seconds."""
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends a signal unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Sends SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Sends SIGKILL."""
        self.send_signal(signal.SIGKILL)


def start(
    arguments: Sequence[object],
    *,
    cwd: Path,
    env: Mapping[str, str],
    stdin: IO[bytes] | None = None,
    stdout: IO[bytes] | None = None,
    stderr: IO[bytes] | None = None,
    module: str = "entrypoints",
) -> Process:
    """Starts `python -m MODULE ARGUMENTS`; a file that is not given is /dev/null."""
    with contextlib.ExitStack() as files, open(os.devnull, "r+b") as null:
        reader, writer = os.pipe()
        files.callback(os.close, writer)
        request = {"module": module, "arguments": [*map(str, arguments)], "cwd": str(cwd), "env": dict(env)}
        body = json.dumps(request).encode()
        numbers = [(file or null).fileno() for file in (stdin, stdout, stderr)]
        socket.send_fds(_server(), [len(body).to_bytes(_SIZE)], [*numbers, writer])
        _server().sendall(body)
    return Process(os.fdopen(reader, "rb", buffering=0))


def run(
    arguments: Sequence[object], *, cwd: Path, env: Mapping[str, str], timeout: float = 100, module: str = "entrypoints"
) -> "subprocess.CompletedProcess[str]":
    """Runs `python -m MODULE ARGUMENTS` and gives its exit code, stdout and stderr."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        process = start(arguments, cwd=cwd, env=env, stdout=stdout, stderr=stderr, module=module)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        texts = [os.pread(file.fileno(), 1 << 30, 0).decode() for file in (stdout, stderr)]
    return subprocess.CompletedProcess([*map(str, arguments)], code, *texts)


@functools.cache
def _server() -> socket.socket:
    """The connection to this process's fork server, which ends when the connection is closed."""
    ours, its = socket.socketpair()
    with its:
        command = [sys.executable, "-m", "tests.fork_server", str(its.fileno())]
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, pass_fds=[its.fileno()]
        )
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


def main(connection: socket.socket) -> dict[str, Any]:
    """Forks a process for each request; returns the request in the forked process."""
    from entrypoints.blas_threads import use_one_blas_thread

    use_one_blas_thread()
    for name in LIBRARIES:
        with contextlib.suppress(ModuleNotFoundError):
            import_module(name)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with _ended_children() as ended:
        running: dict[int, int] = {}
        while True:
            ready, _, _ = select.select([connection, ended], [], [])
            if ended in ready:
                ended.recv(4096)
            if connection in ready:
                head, files, _, _ = socket.recv_fds(connection, _SIZE, 4)
                if not head:
                    os._exit(0)
                request: dict[str, Any] = json.loads(connection.recv(int.from_bytes(head), socket.MSG_WAITALL))
                if not (pid := os.fork()):
                    break
                running[pid] = files.pop()
                os.write(running[pid], f"{pid}\n".encode())
                for file in files:
                    os.close(file)
            _tell_of_ended(running)
    connection.detach()
    _become(request, files)
    return request


@contextlib.contextmanager
def _ended_children() -> Iterator[socket.socket]:
    """A socket that can be read once a child has ended."""
    reader, writer = socket.socketpair()
    reader.setblocking(False)
    writer.setblocking(False)
    before = signal.signal(signal.SIGCHLD, lambda *_: None)
    wake_up = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    yield reader
    signal.set_wakeup_fd(wake_up)
    signal.signal(signal.SIGCHLD, before)
    reader.close()
    writer.close()


def _tell_of_ended(running: dict[int, int]) -> None:
    """Writes the exit code of each child that has ended."""
    for pid in [*running]:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            with os.fdopen(running.pop(pid), "wb") as file, contextlib.suppress(BrokenPipeError):
                file.write(f"{os.waitstatus_to_exitcode(status)}\n".encode())


def _become(request: Mapping[str, Any], files: Sequence[int]) -> None:
    """Makes this process what the request asks for."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(files[:3]):
        os.dup2(file, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.argv = [request["module"], *request["arguments"]]


if __name__ == "__main__":
    asked = main(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
