"""The output of a command: stdout, or a file that appears when it is complete."""

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import click
from typing_extensions import Buffer, override

from domain.address import is_address
from domain.errors import ArxivClassifierError, InvalidInputError
from entrypoints.cli.same_file import refuse_file_of_model
from entrypoints.registry import COMPRESSING, PARTIAL_BESIDE, TAKE_PLACE, load

# A part appears by a rename, and one command at a time holds a lock on the folder.
_NO_ADDRESS = "Output needs renames and locks, which object stores lack. Write to a folder, and copy it there."


class OutputFile(click.Path):
    """The name of a file to write, or `-`. A name that is blank or ends in a slash is refused."""

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value).strip() or str(value).endswith(os.sep):
            self.fail(f"{str(value)!r} names no file. Name a file to write to.", param, ctx)
        if is_address(str(value)):
            self.fail(f"{value} is an address. {_NO_ADDRESS}", param, ctx)
        return super().convert(value, param, ctx)


@dataclass(frozen=True, slots=True)
class OutputFolder:
    """The folder that an `--output` with a slash at its end names."""

    path: Path


class OutputFileOrFolder(OutputFile):
    """The name of a file to write, `-`, or the name of a folder, which ends in a slash."""

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        text = str(value)
        if is_address(text):
            self.fail(f"{text} is an address. {_NO_ADDRESS}", param, ctx)
        if text.strip() and text.endswith(("/", os.sep)):
            return OutputFolder(Path(text))
        return super().convert(value, param, ctx)


@contextlib.contextmanager
def output_stream(path: Path | None) -> Iterator[BinaryIO]:
    """Yields a binary stream to stdout for None, else to a file, which keeps its old content until all is written.

    A file whose name ends in .gz or .zst is compressed. Raises InvalidInputError if the file cannot be made, and
    ArxivClassifierError if writing fails.
    """
    with _plain_stream(path) as stream:
        if path is None:
            yield stream
            return
        with load(COMPRESSING)(stream, path) as packed:
            yield packed


def refuse_folder(path: Path | None) -> None:
    """Raises InvalidInputError if the file to write is a folder; None is stdout."""
    if path is not None and os.path.isdir(path):
        raise InvalidInputError(
            f"{path} is a folder. Name a file to write to, such as {path / 'predictions.jsonl'}. To write parts into "
            f"the folder, or go on with those there, end its name in a slash: {path}/"
        )


@contextlib.contextmanager
def _plain_stream(path: Path | None) -> Iterator[BinaryIO]:
    if path is None:
        with _stdout() as stream:
            yield stream
    elif path.exists() and not path.is_file() and not path.is_dir():
        # A device or pipe is written directly: there is no old content to keep.
        with _opened(path, path) as stream:
            yield stream
    else:
        with whole_file(path) as stream:
            yield stream


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Yields a binary stream to a file beside `path`, which replaces it at the end and is removed after an error."""
    target = Path(os.path.realpath(path))  # a link stays, and its file is replaced
    if target.is_dir():
        raise InvalidInputError(f"{path} is a folder. Name a file to write to.")
    refuse_file_of_model(target)
    with load(PARTIAL_BESIDE)(target) as partial:
        with _opened(partial, path) as stream:
            yield stream
            cast(_Output, stream).sync()
        _take_place(partial, target, path)


@contextlib.contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """Yields a path beside `path` of the same suffix. Its file replaces `path` at the end, or goes after an error."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise InvalidInputError(f"{path} is a folder. Name a file to write to.")
    refuse_file_of_model(target)
    if not target.parent.is_dir():
        raise InvalidInputError(f"{path} cannot be written: {target.parent} is no folder. Make it first.")
    with load(PARTIAL_BESIDE)(target, suffix=target.suffix) as partial:
        try:
            yield partial
            _take_place(partial, target, path)
        except OSError as error:
            raise ArxivClassifierError(f"{path} could not be written: {error.strerror or error}.") from error


def _take_place(partial: Path, target: Path, path: Path) -> None:
    try:
        load(TAKE_PLACE)(partial, target)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be replaced: {error.strerror}. Name another file.") from error


@contextlib.contextmanager
def _opened(place: Path, path: Path) -> Iterator[BinaryIO]:
    try:
        file = place.open("wb", buffering=0)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written: {error.strerror}. Name another file.") from error
    with file, _guarded(cast(BinaryIO, file), str(path)) as stream:
        yield stream


@contextlib.contextmanager
def _stdout() -> Iterator[BinaryIO]:
    if sys.stdout is None:
        raise InvalidInputError("There is no standard output. Name a file with --output.")
    sys.stdout.flush()
    with _guarded(sys.stdout.buffer, "standard output") as stream:
        yield stream
        stream.flush()


@contextlib.contextmanager
def _guarded(stream: BinaryIO, name: str) -> Iterator[BinaryIO]:
    output = _Output(stream, name)
    try:
        yield cast(BinaryIO, output)
    finally:
        output.shut()


class _Output(io.RawIOBase):
    """A stream that writes all of its data, or raises an error of one sentence."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self._open = True

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Buffer) -> int:
        left = memoryview(data).cast("B")
        total = len(left)
        with self._sentences():
            while left and self._open:
                left = left[self._stream.write(left) :]
        return total

    @override
    def flush(self) -> None:
        with self._sentences():
            self._stream.flush()

    def shut(self) -> None:
        """Discards further writes, because pyarrow writes a parquet file's end even after an error."""
        self._open = False

    def sync(self) -> None:
        """Flushes the file to the disk, which detects a full disk at the latest."""
        with self._sentences():
            os.fsync(self._stream.fileno())

    @contextlib.contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise
        except OSError as error:
            reason = error.strerror or str(error)
            raise ArxivClassifierError(f"Writing to {self._name} failed: {reason}.") from error
