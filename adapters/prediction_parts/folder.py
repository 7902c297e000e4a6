"""A folder of parts of predictions, which a run that was stopped goes on writing."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from typing_extensions import override

from adapters.files.whole import partial_beside, take_place, write_whole
from domain.errors import InvalidInputError
from domain.part_work import FinishedPart
from domain.ports.dataset import BadRecord
from domain.ports.prediction_parts import Part, PartStore
from domain.ports.prediction_writer import PredictionWriter
from domain.prediction_run import InputFile, PredictionRun

RUN = "run.json"
FINISHED = "finished.json"
REJECTED = "rejected.jsonl"
_LOCK = ".lock"


class FolderParts(PartStore):
    """Writes `part-00000.parquet` and so on, and beside a part its rejected rows, `part-00000.rejected.jsonl`.

    `run.json` records what the parts are made of and with; `finished.json` appears when all parts are there. A file
    gets its name when it is whole and flushed to the disk.
    """

    def __init__(self, folder: Path, suffix: str, open_writer: Callable[[BinaryIO], PredictionWriter]) -> None:
        self._folder = folder
        self._suffix = suffix
        self._open_writer = open_writer

    def _path(self, number: int) -> Path:
        return self._folder / f"part-{number:05}{self._suffix}"

    @override
    def has(self, number: int) -> bool:
        return self._path(number).exists()

    @override
    @contextmanager
    def part(self, number: int) -> Iterator[Part]:
        path = self._path(number)
        with partial_beside(path, suffix=self._suffix) as partial:
            with partial.open("wb") as stream:
                part = Part(self._open_writer(stream))
                yield part
            self._write_rejected(path, part.rejected)
            take_place(partial, path)

    @override
    def put(self, part: FinishedPart) -> None:
        path = self._path(part.number)
        self._write_rejected(path, part.rejected)
        write_whole(path, part.content)

    def _write_rejected(self, path: Path, records: Sequence[BadRecord]) -> None:
        if records:
            lines = b"".join(json.dumps(_row(record), ensure_ascii=True).encode() + b"\n" for record in records)
            write_whole(path.with_name(f"{path.name.removesuffix(self._suffix)}.{REJECTED}"), lines)

    @override
    def finish(self, parts: int, rows: int) -> None:
        write_whole(self._folder / FINISHED, _json({"parts": parts, "rows": rows}))


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

    Raises InvalidInputError if the folder holds anything else, or parts of another input, model or choice.
    """
    for left in folder.glob(".*.part*"):  # of a run that was killed
        with suppress(OSError):
            left.unlink()
    found = read_run(folder)
    if found is not None:
        _refuse_other(folder, found, run)
        return found
    if others := sorted(path.name for path in folder.iterdir() if path.name != _LOCK):
        raise InvalidInputError(
            f"{folder} holds {others[0]}, which no prediction in parts wrote. Name an empty folder, or a new one."
        )
    write_whole(folder / RUN, _json(asdict(run)))
    return run


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
        return PredictionRun(**document, inputs=inputs)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInputError(f"{folder / RUN} is damaged: {error}. Name another folder.") from error


def _json(document: object) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=True) + "\n").encode()
