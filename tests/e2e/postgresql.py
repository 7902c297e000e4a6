"""A PostgreSQL server for a test, if its programs are installed."""

import contextlib
import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def is_there() -> bool:
    """Returns whether a server can be started: its programs are installed, and root has a user to run it as."""
    return shutil.which("initdb") is not None and shutil.which("postgres") is not None and bool(_user())


def _user() -> str:
    """Returns the user that runs the server. PostgreSQL refuses to run as root."""
    if os.geteuid():
        return getpass.getuser()
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in ("postgres", "nobody") if name in names), "")


class Database:
    """A server in a temporary folder, which is removed with it. It can be stopped hard and started again."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="arxiv-classifier-postgresql-"))
        self._as: dict[str, Any] = {"user": _user(), "group": pwd.getpwnam(_user()).pw_gid} if not os.geteuid() else {}
        if self._as:
            shutil.chown(self._folder, _user())
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._data = self._folder / "data"
        given = ("-U", "papers", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        self._run("initdb", "-D", str(self._data), *given)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The URL for clients."""
        return f"postgresql://papers@127.0.0.1:{self.port}/postgres"

    def __enter__(self) -> "Database":
        """Starts the server."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stops the server and removes its data."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> None:
        """Starts the server, and waits until it answers."""
        options = [
            "-D",
            str(self._data),
            "-p",
            str(self.port),
            "-k",
            str(self._folder),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "fsync=off",  # the machine outlives a test, and a server that is killed loses nothing without it
        ]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": "/"}
        self._process = subprocess.Popen(["postgres", *options], **quiet, **self._as)  # type: ignore[call-overload]  # options
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                self.ask("SELECT 1")
                return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("PostgreSQL does not answer")

    def stop(self) -> None:
        """Stops the server and all connections at once."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(30)
            self._process = None

    def require_passwords(self) -> None:
        """Makes the server refuse users without a password."""
        (self._data / "pg_hba.conf").write_text("host all all 127.0.0.1/32 scram-sha-256\n", "utf-8")
        self.ask("SELECT pg_reload_conf()")
        time.sleep(0.5)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Returns the result of a query. Raises OSError if the server does not answer."""
        import psycopg

        try:
            with psycopg.connect(self.url, connect_timeout=5) as connection:
                cursor = connection.execute(query)
                return cursor.fetchall() if cursor.description else []
        except psycopg.OperationalError as error:
            raise OSError(str(error)) from error

    @contextlib.contextmanager
    def locked(self, table: str) -> Iterator[None]:
        """Locks a table against all other connections during the block."""
        import psycopg

        with psycopg.connect(self.url) as connection:
            connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
            yield

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True, timeout=100, cwd="/", **self._as)
