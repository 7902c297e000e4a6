"""A folder of parts of predictions, which a run that was stopped goes on writing."""

import errno
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from typing_extensions import override

from adapters.files.passage import Passage
from adapters.files.whole import partial_beside, take_place, write_whole
from domain.errors import ArxivClassifierError, InvalidInputError
from domain.part_work import FinishedPart
from domain.ports.dataset import BadRecord
from domain.ports.prediction_parts import Part, PartStore
from domain.ports.prediction_writer import PredictionWriter
from domain.prediction_run import InputFile, PredictionRun

# Readers of whole folders, such as pandas', pass over names that begin with an underscore or a dot.
RUN = "_run.json"
FINISHED = "_finished.json"
SIZES = ".parts.jsonl"
_LOCK = ".lock"
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG)
_PART = re.compile(r"part-\d{5,}\.\w+")
_OWN = re.compile(rf"{_PART.pattern}|_run\.json|_finished\.json|_rejected-\d{{5,}}\.jsonl")
_PIECE = re.compile(rf"\.(?:{_OWN.pattern})\.[0-9a-f]+\.part(?:\.\w+)?")


class FolderParts(PartStore):
    """Writes `part-00000.parquet` and so on, and beside a part its rejected rows, `_rejected-00000.jsonl`.

    `_run.json` records what the parts are made of and with; `_finished.json` appears when all parts are there. A file
    gets its name when it is whole and flushed to the disk. `.parts.jsonl` records the size of each part in bytes. A
    part of another size was cut off later, and counts as missing.
    """

    def __init__(self, folder: Path, suffix: str, open_writer: Callable[[BinaryIO], PredictionWriter]) -> None:
        self._folder = folder
        self._suffix = suffix
        self._open_writer = open_writer
        self._sizes = _sizes_in(folder / SIZES)

    def _path(self, number: int) -> Path:
        return self._folder / f"part-{number:05}{self._suffix}"

    def _rejected_path(self, number: int) -> Path:
        return self._folder / f"_rejected-{number:05}.jsonl"

    @override
    def has(self, number: int) -> bool:
        path = self._path(number)
        return path.is_file() and self._sizes.get(number) in (None, path.stat().st_size)

    @override
    @contextmanager
    def part(self, number: int) -> Iterator[Part]:
        path = self._path(number)
        with self._full_disk_named(), partial_beside(path, suffix=self._suffix) as partial:
            with partial.open("wb") as stream:
                passage = Passage(stream)
                try:
                    part = Part(self._open_writer(cast(BinaryIO, passage)))
                    yield part
                finally:
                    passage.is_open = False  # Arrow would write a file's end when its writer is deleted
            self._write_rejected(number, part.rejected)
            self._record_size(number, partial.stat().st_size)
            take_place(partial, path)

    @override
    def put(self, part: FinishedPart) -> None:
        path = self._path(part.number)
        with self._full_disk_named():
            self._write_rejected(part.number, part.rejected)
            self._record_size(part.number, len(part.content))
            write_whole(path, part.content)

    @override
    def rejected(self, parts: int) -> int:
        files = map(self._rejected_path, range(parts))
        return sum(file.read_bytes().count(b"\n") for file in files if file.is_file())

    def _write_rejected(self, number: int, records: Sequence[BadRecord]) -> None:
        if records:
            lines = b"".join(json.dumps(_row(record), ensure_ascii=True).encode() + b"\n" for record in records)
            write_whole(self._rejected_path(number), lines)

    def _record_size(self, number: int, size: int) -> None:
        """Records the size of a part that is about to get its name."""
        with (self._folder / SIZES).open("ab") as file:
            file.write(json.dumps({"part": number, "bytes": size}).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._sizes[number] = size

    @override
    def finish(self, parts: int, rows: int) -> None:
        with self._full_disk_named():
            write_whole(self._folder / FINISHED, _json({"parts": parts, "rows": rows}))

    @contextmanager
    def _full_disk_named(self) -> Iterator[None]:
        """Raises an error with the folder if the disk takes no more. Other errors may be those of the input."""
        try:
            yield
        except OSError as error:
            if error.errno not in _DISK:
                raise
            raise ArxivClassifierError(
                f"Writing to {self._folder} failed: {error.strerror}. The same command writes the missing parts."
            ) from error


def _sizes_in(path: Path) -> dict[int, int]:
    """Returns the last recorded size of each part. A line that a power cut left in pieces counts for nothing."""
    found = {}
    for line in path.read_bytes().splitlines() if path.is_file() else []:
        with suppress(ValueError, TypeError, KeyError):
            record = json.loads(line)
            found[int(record["part"])] = int(record["bytes"])
    return found


def _row(record: BadRecord) -> dict[str, object]:
    return {"source": record.source, "line": record.line, "reason": record.reason}


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Makes a folder and locks it for this process. Raises InvalidInputError if another process writes to it."""
    from adapters.files.locks import try_lock

    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as error:
        raise InvalidInputError(f"{folder} cannot be written to: {error.strerror}. Name another folder.") from error
    try:
        if not try_lock(descriptor):
            raise InvalidInputError(f"Another command writes to {folder}. Wait for it, or name another folder.")
        yield
    finally:
        os.close(descriptor)


def prepare_folder(folder: Path, run: PredictionRun) -> PredictionRun:
    """Makes a claimed folder ready, and returns the run that its parts belong to: an earlier one, or this one.

    Raises InvalidInputError as `examine_folder` does.
    """
    first = examine_folder(folder, run)
    names = [path.name for path in folder.iterdir()]
    for name in names:
        if _PIECE.fullmatch(name):  # of a run that was killed
            _remove(folder / name)
    if read_run(folder) != first:
        for name in names:
            if name == SIZES or (_OWN.fullmatch(name) and name != RUN):  # of a run that left no part
                _remove(folder / name)
        write_whole(folder / RUN, _json(asdict(first)))
    return first


def examine_folder(folder: Path, run: PredictionRun) -> PredictionRun:
    """Returns the run that a folder's parts belong to: an earlier one, or this one. Changes nothing.

    An earlier run that left no part counts only if it is the same. Raises InvalidInputError if the folder holds
    anything else, or parts of another input, model or choice.
    """
    if folder.exists() and not folder.is_dir():
        raise InvalidInputError(f"{folder} is a file. Name a folder for the parts.")
    names = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    found = read_run(folder)
    others = [name for name in names if name != _LOCK and not _PIECE.fullmatch(name)]
    if found is None and others:
        raise InvalidInputError(
            f"{folder} holds {others[0]}, which no prediction in parts wrote. Name an empty folder, or a new one."
        )
    if found is None or (found.differences(run) and not any(map(_PART.fullmatch, names))):
        return run
    _refuse_other(folder, found, run)
    return found


def is_own_file(path: Path) -> bool:
    """Returns whether a file has the name of one that a prediction in parts writes."""
    return bool(_OWN.fullmatch(path.name))


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _refuse_other(folder: Path, found: PredictionRun, run: PredictionRun) -> None:
    if different := found.differences(run):
        raise InvalidInputError(
            f"Another command began the parts in {folder} ({found.began}). What differs: {', '.join(different)}. "
            "Give the same command to go on, or name another folder."
        )


def read_run(folder: Path) -> PredictionRun | None:
    """Returns the run that a folder's parts belong to, None if it has none.

    Raises InvalidInputError if what is recorded of it is damaged.
    """
    try:
        document: dict[str, Any] = json.loads((folder / RUN).read_bytes())
        inputs = tuple(InputFile(**each) for each in document.pop("inputs"))
        found = PredictionRun(**document, inputs=inputs)
        datetime.fromisoformat(found.began)
        return found
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInputError(
            f"{folder / RUN} is damaged, or of another version of the program. Name another folder."
        ) from error


def _json(document: object) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode()
