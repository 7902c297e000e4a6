"""Several abstracts as columns: their texts lie one after another, and single abstracts are made on access."""

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import overload

from domain.abstract import Abstract
from domain.kept_rows import KeptRows


@dataclass(frozen=True, slots=True, eq=False)
class TextColumn(Sequence[str | None]):
    """Texts in one buffer of valid UTF-8. Text i is `data[offsets[i]:offsets[i + 1]]`, or None if that is empty.

    `data` holds bytes, and `offsets` integers of 4 or 8 bytes, one more than there are texts.
    """

    data: memoryview
    offsets: memoryview

    @classmethod
    def of(cls, texts: Iterable[str | None]) -> "TextColumn":
        """Returns the column of some texts."""
        encoded = [text.encode() if text else b"" for text in texts]
        return cls(memoryview(b"".join(encoded)), _ends(map(len, encoded)))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __reduce__(self) -> tuple[object, ...]:
        first = self.offsets[0]
        return _column_of_bytes, (bytes(self.bytes()), array("q", (end - first for end in self.offsets.tolist())))

    @overload
    def __getitem__(self, index: int) -> str | None: ...

    @overload
    def __getitem__(self, index: slice) -> "TextColumn": ...

    def __getitem__(self, index: int | slice) -> "str | TextColumn | None":
        if isinstance(index, slice):
            start, stop, _ = index.indices(len(self))
            return TextColumn(self.data, self.offsets[start : max(start, stop) + 1])
        row = range(len(self))[index]
        return str(self.data[self.offsets[row] : self.offsets[row + 1]], "utf-8") or None

    def __iter__(self) -> Iterator[str | None]:
        data = self.data
        return (str(data[start:end], "utf-8") or None for start, end in pairwise(self.offsets.tolist()))

    def bytes(self) -> memoryview:
        """Returns the bytes of all texts, one text after another."""
        return self.data[self.offsets[0] : self.offsets[len(self)]]


@dataclass(frozen=True, slots=True, eq=False)
class AbstractBatch(Sequence[Abstract]):
    """Abstracts as columns with one row per abstract. The fields are valid as those of `Abstract` are.

    `months` holds 12 * year + month as integers of 4 bytes, or 0 for an abstract without a month. `kept` has what the
    output keeps of the input's rows.
    """

    ids: TextColumn
    titles: TextColumn
    texts: TextColumn
    months: memoryview
    kept: KeptRows | None = None

    @classmethod
    def of(cls, abstracts: Sequence[Abstract]) -> "AbstractBatch":
        """Returns the columns of some abstracts."""
        return cls(
            TextColumn.of(each.id for each in abstracts),
            TextColumn.of(each.title for each in abstracts),
            TextColumn.of(each.text for each in abstracts),
            memoryview(array("i", (month_number(each.month) for each in abstracts))),
        )

    def __len__(self) -> int:
        return len(self.months)

    def __reduce__(self) -> tuple[object, ...]:
        months = array("i", self.months.tolist())
        return _batch_of_arrays, (self.ids, self.titles, self.texts, months, self.kept)

    @overload
    def __getitem__(self, index: int) -> Abstract: ...

    @overload
    def __getitem__(self, index: slice) -> "AbstractBatch": ...

    def __getitem__(self, index: int | slice) -> "Abstract | AbstractBatch":
        if isinstance(index, slice):
            kept = None if self.kept is None else self.kept[index]
            return AbstractBatch(self.ids[index], self.titles[index], self.texts[index], self.months[index], kept)
        month = month_named(self.months[range(len(self))[index]])
        text = self.texts[index] or ""
        return Abstract(text, self.titles[index], self.ids[index], max_characters=sys.maxsize, month=month)

    def filed(self, month: str | None) -> "AbstractBatch":
        """Returns the same abstracts with `month` (YYYY-MM) set for those that have none."""
        if month is None:
            return self
        number = month_number(month)
        return replace(self, months=memoryview(array("i", (each or number for each in self.months.tolist()))))


def joined(batches: Sequence[Sequence[Abstract]]) -> Sequence[Abstract]:
    """Returns the abstracts of several batches as one batch, in columns if they all are."""
    if len(batches) == 1:
        return batches[0]
    columns = [batch for batch in batches if isinstance(batch, AbstractBatch)]
    if len(columns) < len(batches):
        return [abstract for batch in batches for abstract in batch]
    return AbstractBatch(
        _joined([batch.ids for batch in columns]),
        _joined([batch.titles for batch in columns]),
        _joined([batch.texts for batch in columns]),
        memoryview(array("i", (month for batch in columns for month in batch.months.tolist()))),
        _all_kept([batch.kept for batch in columns]),
    )


def one_by_one(abstracts: Iterable[Abstract | AbstractBatch]) -> Iterator[Abstract]:
    """Yields single abstracts, those of batches in their order."""
    for each in abstracts:
        if isinstance(each, AbstractBatch):
            yield from each
        else:
            yield each


def ids_of(abstracts: Sequence[Abstract]) -> Sequence[str | None]:
    """Returns the identifier of each abstract, or None for those without one."""
    return abstracts.ids if isinstance(abstracts, AbstractBatch) else [each.id for each in abstracts]


def kept_of(abstracts: Sequence[Abstract]) -> KeptRows | None:
    """Returns what the output keeps of the abstracts' rows, or None if it keeps nothing."""
    return abstracts.kept if isinstance(abstracts, AbstractBatch) else None


def month_number(month: str | None) -> int:
    """Returns 12 * year + month for YYYY-MM, or 0 for None."""
    return int(month[:4]) * 12 + int(month[5:7]) if month else 0


def month_named(number: int) -> str | None:
    """Returns the month (YYYY-MM) that a result of `month_number` stands for, or None for 0."""
    return f"{(number - 1) // 12:04}-{(number - 1) % 12 + 1:02}" if number else None


def _column_of_bytes(data: bytes, ends: "array[int]") -> TextColumn:
    return TextColumn(memoryview(data), memoryview(ends))


def _batch_of_arrays(
    ids: TextColumn, titles: TextColumn, texts: TextColumn, months: "array[int]", kept: KeptRows | None
) -> AbstractBatch:
    return AbstractBatch(ids, titles, texts, memoryview(months), kept)


def _all_kept(parts: Sequence[KeptRows | None]) -> KeptRows | None:
    kept = [part for part in parts if part is not None]
    return kept[0].joined(kept[1:]) if len(kept) == len(parts) else None


def _joined(columns: Sequence[TextColumn]) -> TextColumn:
    lengths = (end - start for column in columns for start, end in pairwise(column.offsets.tolist()))
    return TextColumn(memoryview(b"".join(column.bytes() for column in columns)), _ends(lengths))


def _ends(lengths: Iterable[int]) -> memoryview:
    ends = array("q", [0])
    for length in lengths:
        ends.append(ends[-1] + length)
    return memoryview(ends)
