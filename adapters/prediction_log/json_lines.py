"""Logs predictions as JSON lines, in a file per process that is replaced by a new one when it is large."""

import contextlib
import logging
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from typing_extensions import override

from adapters.files.locks import try_lock
from adapters.prediction_log.records import line_of, prediction_of
from domain.errors import InvalidInputError, StorageUnavailableError
from domain.log_events import log_event
from domain.logged_prediction import LoggedPrediction
from domain.ports.dataset import BadRecord, OnBadRecord
from domain.ports.prediction_log import PredictionLog

_FILES = "predictions-*.jsonl"
_logger = logging.getLogger(__name__)


class JsonLinesPredictionLog(PredictionLog):
    """Writes its own files in a shared folder, and reads the files of all processes.

    A file that reaches `most_bytes`, or that was deleted, is replaced by a new one. If `most_files` is above 0, the
    oldest files beyond that number are deleted, except those that a process still writes. Names begin with the time, so
    they sort in the order of their lines.
    """

    def __init__(
        self, folder: Path, *, most_bytes: int = 64 << 20, most_files: int = 0, keep_text: bool = False
    ) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._most_files = most_files
        self._keep_text = keep_text
        self._file = -1
        self._path = folder
        self._size = 0

    @override
    def add(self, predictions: Sequence[LoggedPrediction]) -> None:
        lines = b"".join(line_of(each, keep_text=self._keep_text) for each in predictions)
        try:
            if self._file < 0 or self._size >= self._most_bytes or not self._is_there():
                self._open()
            self._write(lines)
        except OSError as error:
            self.close()
            reason = error.strerror or str(error)
            raise StorageUnavailableError(
                f"The prediction log in {self._folder} cannot be written: {reason}."
            ) from error

    @override
    def close(self) -> None:
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.close(self._file)
        self._file = -1

    @override
    def predictions(self, on_bad_record: OnBadRecord) -> Iterator[LoggedPrediction]:
        files = sorted(self._folder.glob(_FILES))
        if not files:
            raise StorageUnavailableError(
                f"There is no prediction log in {self._folder}. A server writes one if the option prediction_log of "
                "the setting api names a folder (ARXIV_CLASSIFIER_API__PREDICTION_LOG)."
            )
        for path in files:
            yield from _read(path, on_bad_record)

    def _open(self) -> None:
        self.close()
        self._folder.mkdir(parents=True, exist_ok=True)
        now = time.time()
        name = f"predictions-{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now))}.{int(now % 1 * 1e6):06d}Z"
        self._path = self._folder / f"{name}-{secrets.token_hex(4)}.jsonl"
        # Lines may reveal unpublished papers, so other users may not read them.
        self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o640)
        self._size = 0
        with contextlib.suppress(OSError):  # without locks, no file is ever deleted
            try_lock(self._file)
        self._delete_oldest()

    def _is_there(self) -> bool:
        """Returns whether the open file still has its name. Lines written to a deleted file are lost."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            if os.path.samestat(os.stat(self._path), os.fstat(self._file)):
                return True
        sentence = f"The prediction log {self._path} was deleted with its lines. A new file is started."
        log_event(_logger, "prediction_log_removed", sentence, level=logging.WARNING, path=str(self._path))
        return False

    def _write(self, lines: bytes) -> None:
        """Writes all lines, or on an error as far as possible none, because half a line would spoil the next."""
        try:
            left = memoryview(lines)
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._size)
                if not self._size:
                    self._path.unlink()
            raise
        self._size += len(lines)

    def _delete_oldest(self) -> None:
        if self._most_files:
            for path in sorted(self._folder.glob(_FILES))[: -self._most_files]:
                if path != self._path:
                    with contextlib.suppress(OSError):
                        _delete_unless_written(path)


def _delete_unless_written(path: Path) -> None:
    """Deletes a file. Raises BlockingIOError if a process still writes it, which holds its lock until it ends."""
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if try_lock(file):
            path.unlink()
    finally:
        os.close(file)


def _read(path: Path, on_bad_record: OnBadRecord) -> Iterator[LoggedPrediction]:
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.endswith(b"\n"):
                    return  # the line is being written, or its process was killed
                try:
                    prediction = prediction_of(line)
                except InvalidInputError as error:
                    on_bad_record(BadRecord(str(path), number, str(error)))
                    continue
                yield prediction
    except OSError as error:
        raise StorageUnavailableError(
            f"The prediction log {path} cannot be read: {error.strerror or error}."
        ) from error
