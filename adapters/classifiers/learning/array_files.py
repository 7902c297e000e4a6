"""Arrays in files, so that a training needs memory for some papers at a time and not for all."""

import mmap
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from adapters.files.training_space import writing_to

Scalar = TypeVar("Scalar", bound=np.generic)


class ArrayFiles:
    """A folder of arrays that belong to one training."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._mapped: list[mmap.mmap] = []
        self._opened = ExitStack()

    def array(self, name: str, kind: type[Scalar]) -> "GrowingArray[Scalar]":
        """Returns a new array, which is read whole once all its parts were added."""
        return GrowingArray(self._folder / name, self._created(name), kind, self._mapped)

    def parts(self, name: str, kind: type[Scalar]) -> "ArrayParts[Scalar]":
        """Returns a new sequence of arrays, which are read one after another."""
        return ArrayParts(self._folder / name, self._created(name), kind)

    def close(self) -> None:
        """Closes all files. Arrays that are mapped stay readable."""
        with suppress(OSError):
            self._opened.close()

    def _created(self, name: str) -> BinaryIO:
        with writing_to(self._folder):
            return self._opened.enter_context((self._folder / name).open("wb"))

    def release(self) -> None:
        """Gives the memory of all mapped arrays back to the system. Their values are read again when needed."""
        for pages in self._mapped:
            if hasattr(pages, "madvise") and hasattr(mmap, "MADV_DONTNEED"):
                pages.madvise(mmap.MADV_DONTNEED)


@contextmanager
def array_files(folder: Path) -> Iterator[ArrayFiles]:
    """Provides an empty folder of arrays and removes it at the end."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with writing_to(folder):
            folder.mkdir(parents=True)
        files = ArrayFiles(folder)
        with closing(files):
            yield files
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _WrittenFile(Generic[Scalar]):
    """A file to which arrays of one type are appended."""

    def __init__(self, path: Path, file: BinaryIO, kind: type[Scalar]) -> None:
        self._path = path
        self._file = file
        self._kind = kind

    def _write(self, values: NDArray[Scalar]) -> None:
        with writing_to(self._path.parent):
            self._file.write(np.ascontiguousarray(values, self._kind).data.cast("B"))

    def _close(self) -> None:
        with writing_to(self._path.parent):
            self._file.close()


class GrowingArray(_WrittenFile[Scalar]):
    """An array that grows on disk and is then memory mapped."""

    def __init__(self, path: Path, file: BinaryIO, kind: type[Scalar], mapped: list[mmap.mmap]) -> None:
        super().__init__(path, file, kind)
        self._mapped = mapped

    def append(self, values: NDArray[Scalar]) -> None:
        """Adds values of any shape, flattened."""
        if values.size:
            self._write(values)

    def finished(self) -> NDArray[Scalar]:
        """Returns all values, shape (values,), which cannot be changed."""
        self._close()
        if not self._path.stat().st_size:
            return np.empty(0, self._kind)
        with self._path.open("rb") as file:
            pages = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._mapped.append(pages)
        return np.frombuffer(pages, self._kind)


class ArrayParts(_WrittenFile[Scalar]):
    """Arrays in one file, of which each is in memory while it is read."""

    def __init__(self, path: Path, file: BinaryIO, kind: type[Scalar]) -> None:
        super().__init__(path, file, kind)
        self._sizes: list[int] = []

    def append(self, values: NDArray[Scalar]) -> None:
        """Adds an array, shape (values,)."""
        self._sizes.append(len(values))
        if len(values):
            self._write(values)

    def __iter__(self) -> Iterator[NDArray[Scalar]]:
        """Yields the arrays in order."""
        with writing_to(self._path.parent):
            self._file.flush()
        with self._path.open("rb") as file:
            for size in self._sizes:
                yield np.fromfile(file, self._kind, size)

    def joined(self) -> NDArray[Scalar]:
        """Returns all arrays as one, and removes the file."""
        self._close()
        values = np.fromfile(self._path, self._kind)
        self.remove()
        return values

    def remove(self) -> None:
        """Removes the file."""
        self._close()
        self._path.unlink()


def in_chunks(array: NDArray[Any], rows: int = 1 << 16) -> Iterator[NDArray[Any]]:
    """Yields the rows of an array in order, some at a time."""
    for start in range(0, len(array), rows):
        yield array[start : start + rows]
