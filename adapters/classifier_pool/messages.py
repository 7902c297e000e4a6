"""Abstracts as bytes, for a worker process."""

import json
import struct
import sys
from array import array
from collections.abc import Sequence

from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, TextColumn

_COLUMNS, _JSON = b"C", b"J"
_SIZES = struct.Struct("<3q")


def packed(abstracts: Sequence[Abstract]) -> bytes:
    """Returns the texts, titles and months of abstracts. Identifiers are left out."""
    if isinstance(abstracts, AbstractBatch):
        return _packed_columns(abstracts)
    fields = [(paper.text, paper.title, paper.month) for paper in abstracts]
    return _JSON + json.dumps(fields, ensure_ascii=False).encode()


def unpacked(message: bytes) -> Sequence[Abstract]:
    """Returns the abstracts of a message of `packed`."""
    if message[:1] == _COLUMNS:
        return _unpacked_columns(memoryview(message)[1:])
    longest = sys.maxsize  # the sender has checked them
    fields = json.loads(message[1:])
    return [Abstract(text, title, max_characters=longest, month=month) for text, title, month in fields]


def _packed_columns(abstracts: AbstractBatch) -> bytes:
    titles, texts = abstracts.titles, abstracts.texts
    sizes = _SIZES.pack(len(abstracts), len(titles.bytes()), len(texts.bytes()))
    columns = (_ends(titles), _ends(texts), abstracts.months, titles.bytes(), texts.bytes())
    return b"".join((_COLUMNS, sizes, *columns))


def _ends(column: TextColumn) -> "array[int]":
    first, *ends = column.offsets.tolist()
    return array("q", [0, *(end - first for end in ends)])


def _unpacked_columns(message: memoryview) -> AbstractBatch:
    rows, of_titles, of_texts = _SIZES.unpack_from(message)
    sizes = (8 * (rows + 1), 8 * (rows + 1), 4 * rows, of_titles, of_texts)
    parts, start = [], _SIZES.size
    for size in sizes:
        parts.append(message[start : start + size])
        start += size
    title_ends, text_ends, months, titles, texts = parts
    return AbstractBatch(
        TextColumn(memoryview(b""), memoryview(array("q", [0] * (rows + 1)))),
        TextColumn(titles, title_ends.cast("q")),
        TextColumn(texts, text_ends.cast("q")),
        months.cast("i"),
    )
