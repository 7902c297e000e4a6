"""Reads the fields of a protobuf message without a schema and without a library."""

from collections.abc import Iterator
from mmap import mmap
from typing import NamedTuple

Buffer = bytes | bytearray | mmap


class Field(NamedTuple):
    """A field of a protobuf message, whose content lies from `start` to `end`."""

    number: int
    start: int
    end: int


def fields(data: Buffer, at: int, end: int) -> Iterator[Field]:
    """Yields the fields of a message. Protobuf's encoding delimits them without a schema."""
    while at < end:
        key, at = _varint(data, at)
        wire = key & 7
        start = at
        if wire == 0:
            _, at = _varint(data, at)
        elif wire == 2:
            length, start = _varint(data, at)
            at = start + length
        else:
            at += {1: 8, 5: 4}.get(wire, end)
        if at > end:
            raise ValueError("a field goes beyond its message")
        yield Field(key >> 3, start, at)


def _varint(data: Buffer, at: int) -> tuple[int, int]:
    """Returns a number and the position after it."""
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
