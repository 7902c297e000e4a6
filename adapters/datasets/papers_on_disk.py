"""Keeps the texts of labelled papers in a file, and their labels, months and weights in memory."""

import mmap
import shutil
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from struct import Struct
from typing import BinaryIO, overload

from typing_extensions import override

from adapters.files.training_space import writing_to
from domain.abstract import Abstract
from domain.abstract_batch import month_named, month_number
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from domain.paper_columns import KeepPapers, PaperColumns

_FILE = "texts"
# The bytes of id, title and text, of which the first two may be missing. The texts follow in UTF-8.
_LENGTHS = Struct("<iii")
_MISSING = -1
_RELEASED_AFTER = 1 << 26  # bytes
_WRITTEN_AT_ONCE = 1 << 20  # bytes


@contextmanager
def papers_on_disk(folder: Path) -> Iterator[KeepPapers]:
    """Provides a function that writes papers to `folder`, which is new and is removed at the end.

    The papers can be read until then. The function may be called once. Memory holds 24 bytes per paper, and the disk
    its texts.
    """
    shutil.rmtree(folder, ignore_errors=True)
    opened: list[_Texts] = []

    def keep(papers: Iterable[LabelledAbstract]) -> PapersOnDisk:
        kept = _written(papers, folder)
        opened.append(kept.texts)
        return kept

    try:
        yield keep
    finally:
        for texts in opened:
            texts.close()
        shutil.rmtree(folder, ignore_errors=True)


class _Texts:
    """The texts of all papers in a file. Paper i begins at byte `starts[i]`."""

    def __init__(self, path: Path, starts: "array[int]") -> None:
        self._starts = starts
        self._read = 0
        self._data: mmap.mmap | None = None
        if path.stat().st_size:
            with path.open("rb") as file:
                self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def of(self, row: int) -> tuple[str, str | None, str | None]:
        """Returns a paper's text, title and id."""
        data = self._data
        assert data is not None  # there are rows
        start = self._starts[row]
        of_id, of_title, of_text = _LENGTHS.unpack_from(data, start)
        first = start + _LENGTHS.size
        second = first + max(0, of_id)
        third = second + max(0, of_title)
        end = third + of_text
        self._release(end - start)
        return (
            data[third:end].decode(),
            None if of_title == _MISSING else data[second:third].decode(),
            None if of_id == _MISSING else data[first:second].decode(),
        )

    def close(self) -> None:
        """Closes the file."""
        if self._data is not None:
            self._data.close()

    def _release(self, read: int) -> None:
        """Gives the memory of what was read back to the system once it is much."""
        self._read += read
        if self._read > _RELEASED_AFTER and self._data is not None and hasattr(mmap, "MADV_DONTNEED"):
            self._data.madvise(mmap.MADV_DONTNEED)
            self._read = 0


@dataclass(frozen=True, slots=True, eq=False)
class PapersOnDisk(PaperColumns):
    """Some of the papers that were written. `rows` are their numbers among all that were."""

    texts: _Texts
    label_sets: Sequence[tuple[Label, ...]]
    label_set_of: "array[int]"
    month_of: "array[int]"
    weight_of: Sequence[float]
    rows: Sequence[int] = field(default=())

    @override
    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> LabelledAbstract: ...

    @overload
    def __getitem__(self, index: slice) -> "PapersOnDisk": ...

    @override
    def __getitem__(self, index: int | slice) -> "LabelledAbstract | PapersOnDisk":
        return replace(self, rows=self.rows[index]) if isinstance(index, slice) else self._paper(self.rows[index])

    @override
    def __iter__(self) -> Iterator[LabelledAbstract]:
        return map(self._paper, self.rows)

    @override
    def categories(self) -> Iterator[tuple[Label, ...]]:
        sets, numbers = self.label_sets, self.label_set_of
        return (sets[numbers[row]] for row in self.rows)

    @override
    def months(self) -> Iterator[str | None]:
        names = {number: month_named(number) for number in set(self.month_of)}
        return (names[self.month_of[row]] for row in self.rows)

    @override
    def weights(self) -> Sequence[float]:
        return array("d", map(self.weight_of.__getitem__, self.rows))

    @override
    def chosen(self, rows: Sequence[int]) -> "PapersOnDisk":
        return replace(self, rows=array("q", map(self.rows.__getitem__, rows)))

    @override
    def weighed(self, weights: Sequence[float]) -> "PapersOnDisk":
        every = array("d", self.weight_of)
        for row, weight in zip(self.rows, weights, strict=True):
            every[row] = weight
        return replace(self, weight_of=every)

    def _paper(self, row: int) -> LabelledAbstract:
        text, title, identifier = self.texts.of(row)
        month = month_named(self.month_of[row])
        abstract = Abstract(text, title, identifier, max_characters=sys.maxsize, month=month)
        return LabelledAbstract(abstract, self.label_sets[self.label_set_of[row]], weight=self.weight_of[row])


def _written(papers: Iterable[LabelledAbstract], folder: Path) -> PapersOnDisk:
    starts, label_set_of, months, weights = array("q"), array("i"), array("i"), array("d")
    numbers: dict[tuple[Label, ...], int] = {}
    with writing_to(folder):
        folder.mkdir(parents=True)
        file = (folder / _FILE).open("wb")
    waiting, start = bytearray(), 0
    with _closed_quietly(file):
        for paper in papers:
            starts.append(start + len(waiting))
            label_set_of.append(numbers.setdefault(paper.categories, len(numbers)))
            months.append(month_number(paper.month))
            weights.append(paper.weight)
            waiting += _packed(paper.abstract)
            if len(waiting) > _WRITTEN_AT_ONCE:
                start += _write(file, waiting, folder)
        _write(file, waiting, folder)
    texts = _Texts(folder / _FILE, starts)
    return PapersOnDisk(texts, list(numbers), label_set_of, months, weights, range(len(starts)))


@contextmanager
def _closed_quietly(file: BinaryIO) -> Iterator[None]:
    """Closes a file. Each write is flushed and raises its errors. After one, closing would write again and fail."""
    try:
        yield
    finally:
        with suppress(OSError):
            file.close()


def _packed(abstract: Abstract) -> bytes:
    """Returns a paper's texts with their lengths."""
    texts = [None if each is None else each.encode() for each in (abstract.id, abstract.title, abstract.text)]
    lengths = _LENGTHS.pack(*(_MISSING if each is None else len(each) for each in texts))
    return lengths + b"".join(each for each in texts if each is not None)


def _write(file: BinaryIO, waiting: bytearray, folder: Path) -> int:
    """Writes and clears the bytes, and returns how many there were."""
    count = len(waiting)
    with writing_to(folder):
        file.write(waiting)
        file.flush()
    waiting.clear()
    return count
