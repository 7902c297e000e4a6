"""Starts the API: gunicorn's processes, forked from one that has the model loaded."""

import contextlib
import gc
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from domain.errors import ArxivClassifierError, ConfigurationError

_SETTINGS = "entrypoints.rest.settings"


@dataclass(frozen=True, slots=True)
class ServeCommand:
    """Where to listen and with how many processes."""

    host: str
    port: int
    workers: int


def serve(command: ServeCommand) -> None:
    """Serves until it is told to stop; requests in flight are finished.

    Raises ConfigurationError where the address cannot be listened at.
    """
    first = os.getpid()
    metrics = tempfile.mkdtemp(prefix="arxiv-classifier-metrics-")
    # Read when the library is imported, so before anything of ours that imports it.
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = metrics
    os.environ["DJANGO_SETTINGS_MODULE"] = _SETTINGS
    try:
        _run(command)
    finally:
        if os.getpid() == first:  # a worker that ends comes by here too, and the others still count there
            shutil.rmtree(metrics, ignore_errors=True)


def manage(arguments: list[str]) -> None:
    """Runs a command of Django's own."""
    set_up()
    from django.core.management import execute_from_command_line

    if arguments[:1] == ["migrate"]:
        from entrypoints.rest.start_up import make_folder

        make_folder()

    execute_from_command_line(["arxiv-classifier manage", *arguments])


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


def _run(command: ServeCommand) -> None:
    from gunicorn.app.base import BaseApplication
    from gunicorn.arbiter import HaltServer

    _refuse_taken_address(command)
    configuration = _configuration(command)  # here, where a bad setting ends the command as in any other

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            for name, value in configuration.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return _application()

    try:
        Server().run()
    except HaltServer as error:
        raise ConfigurationError(f"The server stopped: {error.reason}.") from error


def _refuse_taken_address(command: ServeCommand) -> None:
    """Says at once what gunicorn would try five times over."""
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


def _application() -> Any:
    """Django's application with the model loaded, in the process that the others are forked from."""
    from entrypoints.rest.start_up import prepare
    from entrypoints.rest.state import state
    from entrypoints.rest.wsgi import application

    with contextlib.suppress(ArxivClassifierError):  # health says so, and it is tried again
        state().models.default()
    prepare(state())
    # What is there now stays in pages that all processes share: no collection will write to them.
    gc.collect()
    gc.freeze()
    return application


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


def _configuration(command: ServeCommand) -> Mapping[str, object]:
    from entrypoints.rest.open_files import open_connections
    from entrypoints.rest.state import state
    from entrypoints.rest.worker import BufferingWorker

    options = state().options
    BufferingWorker.most_body = options.max_body_bytes
    BufferingWorker.read_limit = options.read_limit
    BufferingWorker.on_start = staticmethod(_warm_up)
    host = f"[{command.host}]" if ":" in command.host else command.host
    return {
        "bind": f"{host}:{command.port}",
        "workers": command.workers,
        "worker_class": BufferingWorker,
        "threads": options.threads,
        "worker_connections": open_connections(options.connections),
        "backlog": 2048,
        "preload_app": True,
        "keepalive": 15,
        "sendfile": False,  # it waits for the client
        "timeout": int(options.time_limit) + 30,
        "graceful_timeout": int(options.time_limit),
        "limit_request_field_size": 16_380,
        "errorlog": "-",
        "accesslog": None,
        "control_socket_disable": True,
        "logger_class": "entrypoints.rest.gunicorn_logs.Logger",
        "proc_name": "arxiv-classifier",
        "when_ready": _when_ready,
        "on_reload": _reload,
        "child_exit": _child_exit,
        "worker_exit": _worker_exit,
        "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,
        "forwarded_allow_ips": "*" if options.proxy else "127.0.0.1,::1",
    }


def _when_ready(server: Any) -> None:
    """When the log is set up."""
    from entrypoints.rest.open_files import tell_where_limited
    from entrypoints.rest.state import state

    tell_where_limited(server.cfg.worker_connections, state().options.connections)


def _reload(_server: Any) -> None:
    """SIGHUP: the models are looked at again before new processes are forked."""
    from entrypoints.rest.state import state

    state().models.reload()


def _worker_exit(_server: Any, _worker: Any) -> None:
    """A worker's last act, when its requests are answered."""
    from entrypoints.rest.start_up import end
    from entrypoints.rest.state import state

    end(state())


def _child_exit(_server: Any, worker: Any) -> None:
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # the library's own has no types
