"""Where Optuna remembers a sweep: a journal file for one machine, a database for many; and who is alive there."""

import contextlib
import fcntl
import os
import secrets
import threading
import warnings
from abc import abstractmethod
from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, fail_stale_trials
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, TrialState
from typing_extensions import override

from domain.errors import ConfigurationError, SweepStorageError

WORKER = "worker"
REASON = "reason"
HEARTBEAT_SECONDS = 15
GRACE_SECONDS = 60
# A process that died between creating a trial and its first heartbeat leaves one that no heartbeat tells of.
_ORIGIN, _DEATHS, _RETURNED, _MOST_DEATHS = "origin", "deaths", "returned", 3
_NAMELESS_GRACE = timedelta(minutes=10)


class Workplace(Protocol):
    """A storage, and the means to tell trials of living processes from those of dead ones."""

    storage: BaseStorage
    worker: str

    @abstractmethod
    def alone(self) -> contextlib.AbstractContextManager[None]:
        """While it lasts, no other process hands out trials; as far as the storage can promise that."""

    @abstractmethod
    def begin(self, trial_id: int) -> None:
        """From now on this process is alive with that trial."""

    @abstractmethod
    def end(self) -> None:
        """This process has ended its trial."""

    @abstractmethod
    def reclaim(self, study: optuna.Study) -> None:
        """Puts trials whose process died back into the queue."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of files and connections."""


class JournalWorkplace(Workplace):
    """A journal file, locked by flock, which ends with its process even where that is killed."""

    def __init__(self, path: Path) -> None:
        self.worker = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._path = path
        self._workers = path.with_name(f"{path.name}.workers")
        self._workers.mkdir(parents=True, exist_ok=True)
        self._own = _locked(self._workers / self.worker)
        self.storage = JournalStorage(_Backend(str(path), _FileLock(path)))

    @override
    def alone(self) -> contextlib.AbstractContextManager[None]:
        return _exclusively(self._path.with_name(f"{self._path.name}.turn"))

    @override
    def begin(self, trial_id: int) -> None:
        """The lock on this process's file says it."""

    @override
    def end(self) -> None:
        """The next trial is of the same process."""

    @override
    def reclaim(self, study: optuna.Study) -> None:
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            worker = trial.user_attrs.get(WORKER)
            if worker != self.worker and (worker is None or self._dead(worker)):
                requeue(study, trial)

    @override
    def close(self) -> None:
        (self._workers / self.worker).unlink(missing_ok=True)
        os.close(self._own)
        with contextlib.suppress(OSError):
            self._workers.rmdir()

    def _dead(self, worker: str) -> bool:
        path = self._workers / worker
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        else:
            path.unlink(missing_ok=True)
            return True
        finally:
            os.close(file)


class DatabaseWorkplace(Workplace):
    """A database that many machines share; a process is alive while its heartbeats arrive."""

    def __init__(self, url: str) -> None:
        self.worker = f"{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"
        self._beating: tuple[threading.Event, threading.Thread] | None = None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self.storage = RDBStorage(
                url,
                heartbeat_interval=HEARTBEAT_SECONDS,
                grace_period=GRACE_SECONDS,
                heartbeat_stale_trial_callback=_queue_again,
            )

    @override
    def alone(self) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()

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
            # A database that is away for a while gets the next one; the trial itself says when it cannot go on.
            with contextlib.suppress(Exception):
                self.storage.record_heartbeat(trial_id)
        self.storage.remove_session()


def open_workplace(storage: str) -> Workplace:
    """The workplace in a journal file, or in the database of a URL."""
    if "://" not in storage:
        return JournalWorkplace(Path(storage))
    from sqlalchemy.exc import NoSuchModuleError

    try:
        return DatabaseWorkplace(storage)
    except (ImportError, NoSuchModuleError) as error:
        raise ConfigurationError(
            f"The storage {shown(storage)} needs a driver that is not installed: {error.__cause__ or error}. "
            "For PostgreSQL, pip install 'psycopg[binary]' and write postgresql+psycopg://; for MySQL, pip install "
            "pymysql and write mysql+pymysql://."
        ) from error


def shown(storage: str) -> str:
    """The storage as a sentence may name it: without a password."""
    if "://" not in storage:
        return storage
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(storage).render_as_string(hide_password=True)
    except (ArgumentError, ValueError) as error:
        raise ConfigurationError(
            "The storage is no database URL that can be read. Write it as postgresql+psycopg://USER@HOST/DATABASE, "
            "mysql+pymysql://..., sqlite:///FILE, or name a journal file."
        ) from error


def requeue(study: optuna.Study, trial: FrozenTrial, *, died: bool = True) -> None:
    """Ends a running trial without counting it, and queues its parameters, with what it reported, to run again.

    One whose process `died` is given up the third time.
    """
    with contextlib.suppress(optuna.exceptions.UpdateFinishedTrialError):  # another process was quicker
        if not died:
            study._storage.set_trial_user_attr(trial._trial_id, _RETURNED, True)
        if study._storage.set_trial_state_values(trial._trial_id, state=TrialState.FAIL):
            _queue_again(study, trial, died=died)


def origin_of(trial: FrozenTrial) -> int:
    """The number of the first trial with these parameters, where that was not ended."""
    return int(trial.system_attrs.get(_ORIGIN, trial.number))


def given_up(trial: FrozenTrial) -> str:
    """Why a trial is not queued again: its process died too often; empty where it did not."""
    deaths = trial.system_attrs.get(_DEATHS, 0) + (not trial.user_attrs.get(_RETURNED))
    return f"its process died {deaths} times, perhaps for lack of memory" if deaths >= _MOST_DEATHS else ""


def _queue_again(study: optuna.Study, trial: FrozenTrial, *, died: bool = True) -> None:
    if died and given_up(trial):
        return
    deaths = trial.system_attrs.get(_DEATHS, 0) + died
    study.add_trial(
        optuna.create_trial(
            state=TrialState.WAITING,
            params=trial.params,
            distributions=trial.distributions,
            system_attrs={**trial.system_attrs, _ORIGIN: origin_of(trial), _DEATHS: deaths},
            intermediate_values=trial.intermediate_values,
        )
    )


class _FileLock(JournalFileOpenLock):
    """flock on a file beside the journal; what a killed process wrote half is cut off before anyone writes more."""

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal))
        self._journal = journal
        self._path = journal.with_name(f"{journal.name}.lock")
        self._file: int | None = None

    @override
    def acquire(self) -> bool:
        self._file = _locked(self._path)
        _cut_half_a_line(self._journal)
        return True

    @override
    def release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


class _Backend(JournalFileBackend):
    """A journal that a full disk leaves as it was, and that says where it is damaged."""

    @override
    def read_logs(self, log_number_from: int) -> Generator[dict[str, Any], None, None]:
        try:
            yield from super().read_logs(log_number_from)
        except ValueError as error:
            raise SweepStorageError(
                f"The journal {self._file_path} is damaged: it has a line that is not JSON ({error}). Put a copy of it "
                "in its place, or start another sweep with --name."
            ) from error

    @override
    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        size = os.path.getsize(self._file_path)
        try:
            super().append_logs(logs)
        except OSError:
            _cut_half_a_line(Path(self._file_path), least=size)
            raise


def _cut_half_a_line(path: Path, *, least: int = 0) -> None:
    with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        block = min(size - least, 1 << 20)
        if block <= 0:
            return
        file.seek(size - block)
        tail = file.read(block)
        if not tail.endswith(b"\n"):
            file.truncate(size - block + tail.rfind(b"\n") + 1)


@contextlib.contextmanager
def _exclusively(path: Path) -> Iterator[None]:
    file = _locked(path)
    try:
        yield
    finally:
        os.close(file)


def _locked(path: Path) -> int:
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(file, fcntl.LOCK_EX)
    return file
