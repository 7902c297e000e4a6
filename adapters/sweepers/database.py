"""A sweep's storage in a database for many machines, which send heartbeats."""

import contextlib
import os
import re
import secrets
import threading
import warnings
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import optuna
from optuna.storages import RDBStorage, fail_stale_trials
from optuna.trial import TrialState
from typing_extensions import override

from adapters.sweepers.trial_storage import WORKER, TrialStorage, queue_again, requeue
from domain.errors import ConfigurationError, SweepStorageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

_SQLITE = b"SQLite format 3\0"
HEARTBEAT_SECONDS = 15
GRACE_SECONDS = 60
# A process that died before a trial's first heartbeat leaves a trial without any, which is reclaimed after this time.
_NAMELESS_GRACE = timedelta(minutes=10)
# The lock that machines take in turn, which ends with the connection. PostgreSQL notices within half a minute that a
# machine is gone. After a minute a machine continues without the lock, which costs at most one trial too many.
_LOCK = (
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL tcp_keepalives_idle = 10",
    "SET LOCAL tcp_keepalives_interval = 5",
    "SET LOCAL tcp_keepalives_count = 3",
    "SET LOCAL lock_timeout = '60s'",
    "SELECT pg_advisory_xact_lock(2026112800)",
)
_LOCK_NOT_AVAILABLE = "55P03"
# Errors that waiting does not fix. Before a connection exists, PostgreSQL's driver has only the server's sentence.
_POSTGRESQL_REFUSALS = re.compile(
    "no password supplied|FATAL:.*(authentication failed|does not exist|no pg_hba.conf entry|no such (user|database)"
    "|is not permitted to log in|permission denied for database)",
    re.DOTALL,
)


class DatabaseTrialStorage(TrialStorage):
    """A database that many machines share. A process is alive as long as its heartbeats arrive."""

    def __init__(self, url: str) -> None:
        _refuse_what_no_wait_mends(url)
        self._url = url
        self.salt = secrets.randbits(32)
        self.worker = f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"
        self._beating: tuple[threading.Event, threading.Thread] | None = None
        with warnings.catch_warnings(), self.alone():  # processes that create the tables at once would fail
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self.storage = RDBStorage(
                url,
                heartbeat_interval=HEARTBEAT_SECONDS,
                grace_period=GRACE_SECONDS,
                heartbeat_stale_trial_callback=queue_again,
            )

    @override
    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        from sqlalchemy import create_engine
        from sqlalchemy.engine import make_url
        from sqlalchemy.exc import SQLAlchemyError
        from sqlalchemy.pool import NullPool

        if (
            make_url(self._url).get_backend_name() == "sqlite"
        ):  # SQLite has only the file's lock, which every write needs
            yield
            return
        connection = create_engine(self._url, poolclass=NullPool).connect()
        try:
            _take_turn(connection)
            yield
        finally:
            # A broken connection releases the lock too, and what was done under it remains.
            with contextlib.suppress(SQLAlchemyError):
                connection.invalidate()
                connection.close()

    @override
    def begin(self, trial_id: int) -> None:
        self.storage.record_heartbeat(trial_id)
        stop = threading.Event()
        thread = threading.Thread(target=self._beat, args=(trial_id, stop), daemon=True)
        thread.start()
        self._beating = stop, thread

    @override
    def end(self) -> None:
        if self._beating is not None:
            stop, thread = self._beating
            stop.set()
            thread.join(timeout=5)
            self._beating = None

    @override
    def reclaim(self, study: optuna.Study) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            fail_stale_trials(study)
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            started = trial.datetime_start
            if WORKER not in trial.user_attrs and started and datetime.now() - started > _NAMELESS_GRACE:
                requeue(study, trial)

    @override
    def close(self) -> None:
        self.end()
        self.storage.remove_session()
        self.storage.engine.dispose()

    def _beat(self, trial_id: int, stop: threading.Event) -> None:
        while not stop.wait(HEARTBEAT_SECONDS):
            # During an outage heartbeats are skipped. The trial itself raises if it cannot continue.
            with contextlib.suppress(Exception):
                self.storage.record_heartbeat(trial_id)
        self.storage.remove_session()


def _refuse_what_no_wait_mends(url: str) -> None:
    """Raises SweepStorageError if SQLite cannot create the file, or if the file is of another kind."""
    from sqlalchemy.engine import make_url

    parts = make_url(url)
    if parts.get_backend_name() not in ("postgresql", "sqlite"):
        raise ConfigurationError(
            f"The storage {shown(url)} is of a database that keeps no sweeps. Write postgresql+psycopg://..., "
            "sqlite:///FILE, or name a journal file."
        )
    if parts.get_backend_name() != "sqlite" or not parts.database or parts.database == ":memory:":
        return
    path = Path(parts.database)
    reason = None
    if not path.parent.is_dir():
        reason = f"there is no folder {path.parent}. Make it first, or name another storage"
    elif path.is_file():
        with path.open("rb") as file:
            start = file.read(len(_SQLITE))
        if not _SQLITE.startswith(start):
            reason = "it is not an SQLite database. Name another with --storage"
    if reason:
        raise SweepStorageError(f"The sweep's storage {shown(url)} could not be opened: {reason}.")


def _take_turn(connection: "Connection") -> None:
    from sqlalchemy import text
    from sqlalchemy.exc import DBAPIError

    try:
        for statement in _LOCK:
            connection.execute(text(statement))
    except DBAPIError as error:
        code = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
        if code != _LOCK_NOT_AVAILABLE:
            raise


def is_final(fault: BaseException) -> bool:
    """Returns whether a driver's error means that the database refuses this URL, so that waiting is useless."""
    return _POSTGRESQL_REFUSALS.search(str(fault)) is not None


def shown(storage: str) -> str:
    """Returns the storage's name without a password, for messages."""
    if "://" not in storage:
        return storage
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(storage).render_as_string(hide_password=True)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(
            "The storage is not a readable database URL. Write it as postgresql+psycopg://USER@HOST/DATABASE, "
            "sqlite:///FILE, or name a journal file."
        ) from error
