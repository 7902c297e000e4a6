"""Reads CSV as Arrow record batches, a block of lines at a time, where that gives the same rows.

Arrow reads blocks in which each line is one record and quotes stand around whole fields. From the first line break or
stray quote inside a field on, the records are read one by one. So is a block with a record that Arrow refuses.
"""

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
from numpy.typing import NDArray
from typing_extensions import Buffer, override

from adapters.datasets import csv_rows
from adapters.datasets.columns import Columns, one_date
from adapters.datasets.csv_rows import CsvTable, delimiter_of, strict_reader
from adapters.datasets.record_blocks import Block
from adapters.datasets.records import Rows

if TYPE_CHECKING:
    from _csv import Reader

_BLOCK_BYTES = 1 << 21
_LONGEST_LINE = 100_000  # bytes; the csv module refuses fields of more than 131,072 characters
_MARK = b"\xef\xbb\xbf"
_QUOTE, _NEW_LINE, _RETURN, _TAB, _SPACE = b'"\n\r\t '


def blocks(stream: BinaryIO, source: str, columns: Columns, *, usual: str = ",") -> Iterator[Block | Rows]:
    """Yields the records of a stream in order, as batches or as rows.

    Raises the errors of `csv_rows.rows`, and logs the delimiter as it does.
    """
    head = _head(stream)
    before, first = len(head) - 1, head[-1] if len(head) > 1 else head[0].removeprefix(_MARK)
    table = _table(first, source, columns, usual)
    if table is None:
        whole = io.BufferedReader(_Joined(b"".join(head), stream))
        yield csv_rows.rows(cast(BinaryIO, whole), source, columns, usual=usual)
        return
    fields = table.header
    places = {name: str(fields.index(theirs)) for name, theirs in one_date(columns.places(fields)).items()}
    before += 1
    while block := stream.read(_BLOCK_BYTES):
        block += stream.readline(_LONGEST_LINE)
        if not (_has_plain_lines(block) and _has_plain_quotes(block, table.delimiter)):
            yield table.rows(_reader(io.BufferedReader(_Joined(block, stream)), table.delimiter), before)
            return
        batch = _parsed(block, table, list(places.values()))
        if batch is None:
            yield table.rows(_reader(io.BytesIO(block), table.delimiter), before)
        else:
            yield Block(batch, places, before + 1)
        before += block.count(b"\n")


def _head(stream: BinaryIO) -> list[bytes]:
    """Returns the leading blank lines and the first other line, which is empty at the end of the stream."""
    head = [stream.readline(_LONGEST_LINE)]
    while head[-1] and not head[-1].removeprefix(_MARK if len(head) == 1 else b"").strip(b"\r\n"):
        head.append(stream.readline(_LONGEST_LINE))
    return head


def _table(header: bytes, source: str, columns: Columns, usual: str) -> CsvTable | None:
    """Returns the table of a header, None if it is empty or may go on in the next line."""
    if not header or not _has_plain_lines(header):
        return None
    try:
        names = header.decode()
        delimiter = delimiter_of(names, columns)
        fields = next(strict_reader([names], delimiter))
    except (UnicodeDecodeError, csv.Error):
        return None
    return CsvTable([name.strip() for name in fields], delimiter, source, columns, usual)


def _has_plain_lines(block: bytes) -> bool:
    """Returns whether lines end in the usual ways, are not too long, and have no control characters but tabs."""
    letters = np.frombuffer(block, np.uint8)
    low = letters[letters < _SPACE]
    if np.count_nonzero((low == _NEW_LINE) | (low == _TAB)) < len(low) and not _is_of_windows(letters, low):
        return False
    ends = np.append((letters == _NEW_LINE).nonzero()[0], len(letters))
    return bool(np.diff(ends, prepend=-1).max() <= _LONGEST_LINE)


def _is_of_windows(letters: NDArray[np.uint8], low: NDArray[np.uint8]) -> bool:
    """Returns whether the only other control characters are returns, each before the end of its line."""
    returns = (letters == _RETURN).nonzero()[0]
    others = np.count_nonzero((low != _NEW_LINE) & (low != _TAB) & (low != _RETURN))
    return not others and bool((letters.take(returns + 1, mode="clip") == _NEW_LINE).all())


def _has_plain_quotes(block: bytes, delimiter: str) -> bool:
    """Returns whether quotes open at the start of a field and close at its end, on one line, or stand in pairs."""
    letters = np.frombuffer(block, np.uint8)
    quotes = (letters == _QUOTE).nonzero()[0]
    breaks = (letters == _NEW_LINE).nonzero()[0]
    if len(quotes) % 2 or (quotes.searchsorted(breaks) % 2).any():
        return False
    before = np.append(np.uint8(_NEW_LINE), letters)[quotes[::2]]
    after = np.append(letters, np.uint8(_NEW_LINE))[quotes[1::2] + 1]
    opens = (before == ord(delimiter)) | (before == _NEW_LINE) | (before == _QUOTE)
    closes = (after == ord(delimiter)) | (after == _NEW_LINE) | (after == _RETURN) | (after == _QUOTE)
    return bool(opens.all() and closes.all())


def _parsed(block: bytes, table: CsvTable, wanted: list[str]) -> pa.RecordBatch | None:
    """Returns the wanted fields of a block's records by their places in the header, None if Arrow refuses them."""
    read = pc.ReadOptions(
        use_threads=False, block_size=len(block) + 1, column_names=[str(n) for n in range(len(table.header))]
    )
    parse = pc.ParseOptions(delimiter=table.delimiter)
    convert = pc.ConvertOptions(column_types=dict.fromkeys(wanted, pa.string()), include_columns=wanted)
    try:
        (batch,) = pc.read_csv(pa.BufferReader(block), read, parse, convert).combine_chunks().to_batches()
    except (pa.ArrowException, ValueError):
        return None
    lines = block.count(b"\n") + (not block.endswith(b"\n"))
    return batch if batch.num_rows == lines else None


def _reader(stream: io.BytesIO | io.BufferedReader, delimiter: str) -> "Reader":
    return strict_reader(io.TextIOWrapper(stream, "utf-8", "surrogateescape", newline=""), delimiter)


class _Joined(io.RawIOBase):
    """Some bytes that were read from a stream, and the rest of the stream."""

    def __init__(self, first: bytes, rest: BinaryIO) -> None:
        self._first = memoryview(first)
        self._rest = rest

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer) -> int:
        target = memoryview(buffer).cast("B")
        found = self._first[: len(target)] or self._rest.read(len(target))
        self._first = self._first[len(target) :]
        target[: len(found)] = found
        return len(found)
