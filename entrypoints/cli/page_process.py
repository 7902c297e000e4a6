"""The web page that `serve --demo` starts beside the API."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_START_SECONDS = 0.2
_STOP_SECONDS = 10.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}


@contextmanager
def page(host: str, port: int, page_port: int) -> Iterator[None]:
    """Runs the web page in a process of its own, which uses the API at `host` and `port` and ends with it.

    A page that does not listen yet is killed after 0.2 s, because it may take long to notice a signal.
    """
    near = _ANY.get(host, host)
    address = f"[{near}]" if ":" in near else near
    command = [sys.executable, "-m", "entrypoints", "demo", "--host", host, "--port", str(page_port)]
    process = subprocess.Popen(command, env={**os.environ, "API_URL": f"http://{address}:{port}"})
    first = os.getpid()
    try:
        yield
    finally:
        if os.getpid() == first:  # a worker that ends runs this too
            patience = _STOP_SECONDS if _listens(near, page_port) else _START_SECONDS
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(patience)
            process.kill()
            process.wait()


def _listens(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.2):
            return True
    except OSError:
        return False
