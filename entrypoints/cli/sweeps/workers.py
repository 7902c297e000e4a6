"""Processes that take part in one sweep, and that end with the one that started them."""

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

from domain.errors import ArxivClassifierError
from entrypoints.cli.messages import say

_PATIENCE_SECONDS = 60.0


def run_workers(command: Sequence[str], count: int, *, is_over: Callable[[], bool]) -> None:
    """Runs `count` processes of a command until all have ended. They stop when this process is stopped.

    Raises ArxivClassifierError if one ended with an error before the work was done.
    """
    workers = [_start(command) for _ in range(count)]
    try:
        codes = _awaited(workers)
    finally:
        _stop(workers)
    failed = [code for code in codes if code]
    if failed and not is_over():
        raise ArxivClassifierError(
            f"{len(failed)} of {count} workers ended before the sweep was over. What they finished is kept, and the "
            "same command goes on."
        )


def end_with_parent(*, patience: float = _PATIENCE_SECONDS) -> None:
    """Ends this process as SIGTERM does once its stdin, the pipe from the process that started it, is closed.

    One that still runs `patience` seconds later ends without cleaning up.
    """

    def watch() -> None:
        while sys.stdin is not None and os.read(sys.stdin.fileno(), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(patience)
        os._exit(128 + signal.SIGTERM)  # a library has caught the exit, or something hangs

    threading.Thread(target=watch, daemon=True).start()


def _start(command: Sequence[str]) -> subprocess.Popen[bytes]:
    # In a session of its own: Control-C reaches this process, which then stops its workers, once.
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)


def _awaited(workers: Sequence[subprocess.Popen[bytes]]) -> list[int]:
    codes: dict[int, int] = {}
    while len(codes) < len(workers):
        for number, worker in enumerate(workers, start=1):
            code = worker.poll()
            if code is not None and number not in codes:
                codes[number] = code
                if code < 0:
                    name = signal.Signals(-code).name
                    line = f"Worker {number} was killed by {name}; another takes its trial up."
                    say(line, event="worker_killed", level=logging.WARNING, worker=number, signal=name)
        time.sleep(0.1)
    return list(codes.values())


def _stop(workers: Sequence[subprocess.Popen[bytes]]) -> None:
    for worker in workers:
        if worker.poll() is None:
            worker.terminate()
    for worker in workers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            worker.wait(_PATIENCE_SECONDS)
        if worker.poll() is None:
            worker.kill()
            worker.wait()
        if worker.stdin:
            worker.stdin.close()
