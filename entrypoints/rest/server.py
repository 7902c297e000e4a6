"""Starts the API: granian's processes, forked from one that has loaded the model."""

import contextlib
import functools
import gc
import logging
import os
import shutil
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from domain.errors import ArxivClassifierError, ConfigurationError
from domain.log_events import log_event
from entrypoints.settings import Settings

_logger = logging.getLogger(__name__)
_SETTINGS = "entrypoints.rest.settings"
_BACKLOG = 2048
_HEAD_SECONDS = 10.0
_HEAD_BYTES = 1 << 16
_BEFORE_RESTART = 1.0
_BEFORE_ALARM = 0.5  # seconds beyond the grace in which the server itself stops
_BEFORE_HANDOVER = 1.0  # seconds between a new worker's start and the old one's end
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
# The server's own lines go where all log lines go.
_LOGGING = {
    "version": 1,
    "incremental": True,
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"level": "INFO", "propagate": True}},
}


@dataclass(frozen=True, slots=True)
class ServeCommand:
    """The address to listen at, and the number of processes."""

    host: str
    port: int
    workers: int


def serve(command: ServeCommand, beside: AbstractContextManager[object] | None = None) -> None:
    """Serves until it is stopped, and finishes active requests. `beside` is entered when the models are loaded.

    Raises ConfigurationError if it cannot listen at the address, and the errors of `load_models`.
    """
    first = os.getpid()
    metrics = tempfile.mkdtemp(prefix="arxiv-classifier-metrics-")
    # The library reads it when it is imported, so it is set before our imports.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
    os.environ["DJANGO_SETTINGS_MODULE"] = _SETTINGS
    # The tokenizer's own threads do not exist in forked workers, which would wait for them for ever.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        _run(command, beside or contextlib.nullcontext())
    finally:
        if os.getpid() == first:  # a worker that ends runs this too, while the others still use the folder
            shutil.rmtree(metrics, ignore_errors=True)


def set_up(database: str | None = None) -> str:
    """Sets Django up, with the database that a URL or a file names, or else with the configured one.

    Returns the database's SQLite file; empty for another database.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = _SETTINGS
    if database is not None:
        url = database if "://" in database else f"sqlite:///{quote(os.path.abspath(database))}"
        os.environ["ARXIV_CLASSIFIER_API__DATABASE"] = url
    import django
    from django.conf import settings

    django.setup()
    used = settings.DATABASES["default"]
    return str(used["NAME"]) if used["ENGINE"].endswith("sqlite3") else ""


def _run(command: ServeCommand, beside: AbstractContextManager[object]) -> None:
    """Starts the server, and restarts it if it stopped because its workers died one after another."""
    import signal

    _refuse_taken_address(command)
    _load()
    _let_workers_be_stopped()
    with beside:
        while True:
            server = _server(command)
            try:
                server.serve(target_loader=load_worker, wrap_loader=False)
                return
            except SystemExit:
                if server.interrupt_signal:
                    return
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)
            log_event(_logger, "workers_restarted", level=logging.ERROR)
            time.sleep(_BEFORE_RESTART)


def _server(command: ServeCommand) -> Any:
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.server import Server

    from entrypoints.rest.http.open_files import open_connections, tell_where_limited
    from entrypoints.rest.state import state

    options = state().options
    connections = open_connections(options.connections)
    tell_where_limited(connections, options.connections)
    server = Server(
        "arxiv-classifier",
        command.host,
        command.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(
            header_read_timeout=int(1000 * min(options.read_limit, _HEAD_SECONDS)), max_buffer_size=_HEAD_BYTES
        ),
        websockets=False,
        workers=command.workers,
        backlog=_BACKLOG,
        backpressure=connections,
        respawn_failed_workers=True,
        respawn_interval=_BEFORE_HANDOVER,
        workers_kill_timeout=options.grace_seconds,
        log_dictconfig=_LOGGING,
    )
    server.on_reload(state().models.reload)
    server.on_startup(lambda: _bound_stops(server, options.grace_seconds))
    return server


def _bound_stops(server: Any, seconds: int) -> None:
    """Bounds a stop to `seconds` even while workers are being replaced, when the server would wait for each."""
    import multiprocessing
    import signal

    def stop(*_: object) -> None:
        server.signal_handler_interrupt()
        if not signal.getitimer(signal.ITIMER_REAL)[0]:
            signal.setitimer(signal.ITIMER_REAL, seconds + _BEFORE_ALARM)

    def end(*_: object) -> None:
        for worker in multiprocessing.active_children():
            worker.kill()
        raise SystemExit

    signal.signal(signal.SIGALRM, end)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


@functools.cache
def _let_workers_be_stopped() -> None:
    """Makes SIGTERM end a worker from its first instant, before the server handles the signal.

    A forked worker inherits the parent's handler, which would ignore the signal there until the grace is over.
    """
    import signal

    if sys.platform == "win32":
        return
    change = signal.pthread_sigmask

    def in_worker() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        change(signal.SIG_UNBLOCK, {signal.SIGTERM})

    # A signal that arrives meanwhile waits until the handler is in place.
    os.register_at_fork(
        before=lambda: change(signal.SIG_BLOCK, {signal.SIGTERM}),
        after_in_parent=lambda: change(signal.SIG_UNBLOCK, {signal.SIGTERM}),
        after_in_child=in_worker,
    )


def _refuse_taken_address(command: ServeCommand) -> None:
    """Raises ConfigurationError if the address is in use, before workers fail on it."""
    import socket

    family = socket.AF_INET6 if ":" in command.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((command.host, command.port))
    except OSError as error:
        raise ConfigurationError(
            f"{command.host}:{command.port} is not available: {error.strerror or error}. "
            "Name another with --host or --port."
        ) from error


def _log_surroundings(settings: Settings) -> None:
    """Logs first what `arxiv-classifier doctor` finds of the program, this machine and the settings."""
    from entrypoints.examining import start_diagnosis

    found = start_diagnosis(settings).findings
    said = [f"{finding.subject}: {finding.message}" for finding in found]
    if remedies := [finding.remedy for finding in found if finding.remedy]:
        log_event(_logger, "surroundings_examined", level=logging.WARNING, findings=said, remedies=remedies)
    else:
        log_event(_logger, "surroundings_examined", findings=said)


def _load() -> None:
    """Loads the models in the parent process, so that the forked workers share the memory."""
    from django.urls import get_resolver

    from entrypoints.rest import (
        tracing,
        wsgi,  # noqa: F401  # sets Django and the log up
    )
    from entrypoints.rest.models.first_models import load_models
    from entrypoints.rest.start_up import prepare
    from entrypoints.rest.state import state

    tracing.set_up()
    _log_surroundings(state().settings)
    load_models(state())
    prepare(state())
    tracing.close()  # its thread must not run while workers are forked
    _ = get_resolver().url_patterns  # imports the views, so that the first requests do not wait
    # Existing objects stay in pages that all processes share, because no collection will write to them.
    gc.collect()
    gc.freeze()


def load_worker() -> Any:
    """Returns the ASGI application of one worker, made in its process after a first prediction."""
    end_with_parent()
    from entrypoints.rest import tracing
    from entrypoints.rest.http.allocator import give_memory_back
    from entrypoints.rest.http.bodies import Bodies
    from entrypoints.rest.http.gateway import Gateway
    from entrypoints.rest.start_up import end
    from entrypoints.rest.state import state
    from entrypoints.rest.wsgi import application

    give_memory_back()
    tracing.set_up()
    _warm_up()
    options = state().options
    bodies = Bodies(
        most=options.max_body_bytes,
        together=options.unfinished_body_megabytes << 20,
        seconds=options.read_limit,
    )
    handler = application.get_response

    def end_worker() -> None:
        end(state())
        tracing.close()

    return Gateway(handler, bodies, state().work_limits, end_worker)


def _warm_up() -> None:
    """Makes a worker's first prediction before its first request.

    The parent process makes none, because threads that a tokenizer starts would be gone after the fork.
    """
    from domain.abstract import Abstract
    from entrypoints.rest.start_up import begin
    from entrypoints.rest.state import state

    state().models.after_fork()
    with contextlib.suppress(ArxivClassifierError):
        state().models.default().model.classifier.predict([Abstract("We study a problem.")])
    begin(state())


def end_with_parent() -> None:
    """Makes the system stop this process when its parent is killed; on Linux only."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, 15)
