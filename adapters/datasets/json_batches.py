"""Reads JSON lines as Arrow record batches, a block of lines at a time, where that gives the same rows.

Arrow's parser is as strict as Python's. A block goes to it if each of its lines is one object without raw control
characters. A block that it refuses is read line by line: one of its lines is no JSON, or has other fields or types than
the first lines of the file.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.json as pj

from adapters.datasets.columns import Columns, one_date
from adapters.datasets.json_lines import MAX_LINE_BYTES, LineReader, lines_of
from adapters.datasets.record_blocks import Block
from adapters.datasets.records import Rows

_FIRST_LINES = 200  # by which the columns are known; more than a reader waits for them
_BLOCK_BYTES = 1 << 21
_NEW_LINE, _SPACE, _BRACE = ord("\n"), ord(" "), ord("{")


def blocks(stream: BinaryIO, source: str, columns: Columns) -> Iterator[Block | Rows]:
    """Yields the lines of a stream in order, as batches or as rows.

    Raises the errors of `json_lines.rows`.
    """
    reader = LineReader(source, columns)
    lines = lines_of(stream)
    first = list(islice(lines, _FIRST_LINES))
    yield reader.rows(first)
    table = _Table.of([text for _, text in first], reader, columns) if reader.is_settled() else None
    if table is None:
        yield reader.rows(lines)
    else:
        line = first[-1][0] + 1
        for block in _cut(stream):
            batch = table.read(block)
            yield reader.rows(lines_of(BytesIO(block), line)) if batch is None else Block(batch, table.places, line)
            line += block.count(b"\n")
    reader.finish()


def _cut(stream: BinaryIO) -> Iterator[bytes]:
    """Yields blocks of whole lines. A line that is longer than any record ends its block unfinished."""
    while block := stream.read(_BLOCK_BYTES):
        block += stream.readline(MAX_LINE_BYTES)
        while not block.endswith(b"\n") and (rest := stream.readline(MAX_LINE_BYTES)):
            block = block[: block.rfind(b"\n") + 1 + MAX_LINE_BYTES] + rest[-1:]
        yield block


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """How Arrow reads lines: the fields that they may have with their types, and the places of the columns."""

    schema: pa.Schema
    places: Mapping[str, str]

    @classmethod
    def of(cls, lines: Sequence[bytes], reader: LineReader, columns: Columns) -> "_Table | None":
        """Returns the table of the fields that the first lines have, None if their columns are not plain text."""
        fields = list(reader.forms.fields)
        places = columns.places(fields)
        others = columns.places([name for name in fields if name not in places.values()])
        if others or one_date(places) != places:  # a record might have either of two fields for a column
            return None
        found = _parsed(b"".join(lines), None)
        if found is None or set(found.schema.names) != set(fields):
            return None
        wanted = set(places.values())
        kinds = [pa.string() if name in wanted else _kind(found.schema.field(name).type) for name in found.schema.names]
        return cls(pa.schema(list(zip(found.schema.names, kinds, strict=True))), places)

    def read(self, block: bytes) -> pa.RecordBatch | None:
        """Returns the rows of a block, None if it must be read line by line."""
        if not _is_plain(block):
            return None
        batch = _parsed(block, self.schema)
        lines = block.count(b"\n") + (not block.endswith(b"\n"))
        # A missing abstract may be a record of another form, which a reader of lines describes.
        if batch is None or batch.num_rows != lines or batch[self.places["abstract"]].null_count:
            return None
        return batch


def _is_plain(block: bytes) -> bool:
    """Returns whether a block is UTF-8 without control characters, in lines of usual length that begin with a brace."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    letters = np.frombuffer(block, np.uint8)
    low = (letters < _SPACE).nonzero()[0]
    starts = np.append(0, low[low < len(letters) - 1] + 1)
    if (letters[low] != _NEW_LINE).any() or (letters[starts] != _BRACE).any():
        return False
    end = len(letters) + (letters[-1] != _NEW_LINE)
    return bool(np.diff(starts, append=end).max() <= MAX_LINE_BYTES)


def _parsed(block: bytes, schema: pa.Schema | None) -> pa.RecordBatch | None:
    """Returns the rows of some lines, None if Arrow refuses them. Without a schema, it finds fields and types."""
    read = pj.ReadOptions(use_threads=False, block_size=len(block) + 1)
    unexpected = "infer" if schema is None else "error"
    parse = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior=unexpected)
    try:
        (batch,) = pj.read_json(pa.BufferReader(block), read, parse).combine_chunks().to_batches()
    except (pa.ArrowException, ValueError):
        return None
    return batch


def _kind(found: pa.DataType) -> pa.DataType:
    """Returns the type of an unused field. Text that looks like a time in the first lines may be any text later."""
    return pa.string() if pa.types.is_timestamp(found) else found
