"""Starts the API: granian's processes, forked from one that has the model loaded."""

import contextlib
import gc
import os
import shutil
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog

from domain.errors import ArxivClassifierError, ConfigurationError

_logger = structlog.get_logger(__name__)
_SETTINGS = "entrypoints.rest.settings"
_BACKLOG = 2048
_HEAD_SECONDS = 10.0
_HEAD_BYTES = 1 << 16
_BEFORE_RESTART = 1.0
_BEFORE_ALARM = 0.5  # seconds beyond the grace in which the server itself stops
_BEFORE_HANDOVER = 1.0  # seconds between a new worker's start and the old one's end
_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
# The server's own lines go where all others do.
_LOGGING = {
    "version": 1,
    "incremental": True,
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"level": "INFO", "propagate": True}},
}


@dataclass(frozen=True, slots=True)
class ServeCommand:
    """Where to listen and with how many processes."""

    host: str
    port: int
    workers: int


def serve(command: ServeCommand, beside: AbstractContextManager[object] | None = None) -> None:
    """Serves until it is told to stop; requests in flight are finished. `beside` is entered when the models are loaded.

    Raises ConfigurationError where the address cannot be listened at, and what `load_models` raises.
    """
    first = os.getpid()
    metrics = tempfile.mkdtemp(prefix="arxiv-classifier-metrics-")
    # Read when the library is imported, so before anything of ours that imports it.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
    os.environ["DJANGO_SETTINGS_MODULE"] = _SETTINGS
    # The tokenizer's own threads do not come along into workers, which would wait for them for ever.
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    try:
        _run(command, beside or contextlib.nullcontext())
    finally:
        if os.getpid() == first:  # a worker that ends comes by here too, and the others still count there
            shutil.rmtree(metrics, ignore_errors=True)


def set_up(database: str | None = None) -> str:
    """Sets Django up, with another database than the configured one where a URL or a file names one.

    Gives the database's SQLite file; empty where it is none.
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
    """Starts the server, and again where it gave up because its workers died one after another."""
    import signal

    _refuse_taken_address(command)
    _load()
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
            _logger.error("workers_restarted")
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
    """Has a stop end after so many seconds even while workers are being replaced, where the server waits for each."""
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


def _refuse_taken_address(command: ServeCommand) -> None:
    """Says at once what would end each worker."""
    import socket

    family = socket.AF_INET6 if ":" in command.host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((command.host, command.port))
    except OSError as error:
        raise ConfigurationError(
            f"{command.host}:{command.port} cannot be listened at: {error.strerror or error}. "
            "Name another with --host or --port."
        ) from error


def _load() -> None:
    """Loads the models in the process that the workers are forked from, so that they share the memory."""
    from django.urls import get_resolver

    from entrypoints.rest import wsgi  # noqa: F401  # sets Django and the log up
    from entrypoints.rest.models.first_models import load_models
    from entrypoints.rest.start_up import prepare
    from entrypoints.rest.state import state

    load_models(state())
    prepare(state())
    _ = get_resolver().url_patterns  # imports the views, for which the first requests would wait
    # What is there now stays in pages that all processes share: no collection will write to them.
    gc.collect()
    gc.freeze()


def load_worker() -> Any:
    """The ASGI application of one worker, made in its process, after a first prediction."""
    import signal

    # Until the server handles it, the signal would be the first process's, and do nothing here.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    end_with_parent()
    from entrypoints.rest.http.allocator import give_memory_back
    from entrypoints.rest.http.bodies import Bodies
    from entrypoints.rest.http.gateway import Gateway
    from entrypoints.rest.start_up import end
    from entrypoints.rest.state import state
    from entrypoints.rest.wsgi import application

    give_memory_back()
    _warm_up()
    options = state().options
    bodies = Bodies(
        most=options.max_body_bytes,
        together=options.unfinished_body_megabytes << 20,
        seconds=options.read_limit,
    )
    handler = application.get_response
    return Gateway(handler, bodies, state().workplace, lambda: end(state()))


def _warm_up() -> None:
    """A worker's first prediction, before anyone waits for it.

    Not made where the others are forked from: threads that a tokenizer starts would be gone after the fork.
    """
    from domain.abstract import Abstract
    from entrypoints.rest.start_up import begin
    from entrypoints.rest.state import state

    state().models.after_fork()
    with contextlib.suppress(ArxivClassifierError):
        state().models.default().model.classifier.predict([Abstract("We study a problem.")])
    begin(state())


def end_with_parent() -> None:
    """Has the system stop this process when the one that it was forked from is killed; on Linux only."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, 15)
