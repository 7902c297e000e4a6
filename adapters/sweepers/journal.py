"""A sweep's storage in a journal file, for processes of one machine or of several that share a folder."""

import contextlib
import os
import secrets
from collections.abc import Generator
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.storages.journal._storage import JournalOperation  # it has no public name
from optuna.trial import TrialState
from typing_extensions import override

from adapters.files.locks import FileLock, open_locked, try_lock
from adapters.sweepers.trial_storage import WORKER, TrialStorage, requeue
from domain.errors import SweepStorageError

_FIRST = b'{"op_code":'
_OPERATIONS = frozenset(int(operation) for operation in JournalOperation)


class JournalTrialStorage(TrialStorage):
    """A journal file, locked by flock. The lock ends with its process, even if that is killed."""

    def __init__(self, path: Path) -> None:
        self.salt = 0
        self.worker = f"{os.getpid()}-{secrets.token_hex(4)}"
        _refuse_what_is_no_journal(path)
        self._path = path
        self._workers = path.with_name(f"{path.name}.workers")
        self._workers.mkdir(exist_ok=True)
        self._own = open_locked(self._workers / self.worker)
        self._turn = FileLock(path.with_name(f"{path.name}.turn"))
        self.storage = JournalStorage(_Backend(str(path), _FileLock(path)))

    @override
    def alone(self) -> contextlib.AbstractContextManager[None]:
        return self._turn

    @override
    def begin(self, trial_id: int) -> None:
        """Does nothing, because the lock on this process's file marks it as alive."""

    @override
    def end(self) -> None:
        """Does nothing, because the next trial belongs to the same process."""

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
            dead = try_lock(file)
            if dead:
                path.unlink(missing_ok=True)
            return dead
        finally:
            os.close(file)


class _FileLock(JournalFileOpenLock):
    """flock on a file beside the journal.

    Before anything is written, the incomplete line of a killed process is removed.
    """

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal))
        self._journal = journal
        self._lock = FileLock(journal.with_name(f"{journal.name}.lock"))

    @override
    def acquire(self) -> bool:
        self._lock.__enter__()
        _cut_half_a_line(self._journal)
        return True

    @override
    def release(self) -> None:
        self._lock.__exit__(None, None, None)


class _Backend(JournalFileBackend):
    """A journal that stays unchanged if the disk is full, and that reports damage."""

    @override
    def read_logs(self, log_number_from: int) -> Generator[dict[str, Any], None, None]:
        try:
            for log in super().read_logs(log_number_from):
                if not isinstance(log, dict) or log.get("op_code") not in _OPERATIONS or "worker_id" not in log:
                    raise ValueError(f"{str(log)[:60]} is none of Optuna's")
                yield log
        except FileNotFoundError as error:
            raise self._gone() from error
        except ValueError as error:
            raise SweepStorageError(
                f"The journal {self._file_path} is damaged: it has a line that cannot be read ({error}). Put a copy of "
                "it in its place, or start another sweep with --name."
            ) from error

    @override
    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        try:
            size = os.path.getsize(self._file_path)
        except FileNotFoundError as error:
            raise self._gone() from error
        try:
            super().append_logs(logs)
        except OSError:
            _cut_half_a_line(Path(self._file_path), least=size)
            raise

    def _gone(self) -> SweepStorageError:
        return SweepStorageError(
            f"The journal {self._file_path} is gone: it was removed while the sweep ran, and its trials with it. Put a "
            "copy of it in its place, or start another sweep with --name."
        )


def has_a_line(path: Path) -> bool:
    """Returns whether a journal exists and is not empty."""
    try:
        with path.open("rb") as file:
            return file.readline().endswith(b"\n")
    except FileNotFoundError:
        return False


def _refuse_what_is_no_journal(path: Path) -> None:
    if not path.parent.is_dir():
        raise SweepStorageError(
            f"The sweep's storage {path} could not be opened: there is no folder {path.parent}. Make it first, or name "
            "another storage."
        )
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(len(_FIRST))
        if not _FIRST.startswith(start):  # a killed process may have left a partial line
            raise SweepStorageError(
                f"The sweep's storage {path} could not be opened: it is not a journal of a sweep. Name another with "
                "--storage."
            )


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
