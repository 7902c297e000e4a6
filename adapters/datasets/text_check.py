"""Identifies files that are not the text they should be."""

import io
from typing import BinaryIO

from domain.errors import InvalidInputError

HEAD_BYTES = 8192
_ANOTHER_NAME = "Unpack it, or end its name in {}."
_OFFICE = "Unpack it; end the name of an Excel workbook in .xlsx; save another document as CSV in UTF-8."
# The first bytes of a kind of file, its name, and a remedy.
_KINDS = (
    (b"%PDF-", "a PDF document", "Copy the abstract out of it."),
    (
        b"PK\x03\x04",
        "a zip archive or an Office document",
        _OFFICE,
    ),
    (b"\x1f\x8b", "compressed with gzip", _ANOTHER_NAME.format(".gz")),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", _ANOTHER_NAME.format(".zst")),
    (b"PAR1", "a parquet file", "End its name in .parquet, or say that it is parquet."),
    (b"\xd0\xcf\x11\xe0", "an old Office document", "Save it as CSV in UTF-8."),
    (b"SQLite format 3\x00", "an SQLite database", "Export its papers as CSV."),
    (b"\xff\xfe\x00\x00", "UTF-32 text", "Save it as UTF-8."),
    (b"\x00\x00\xfe\xff", "UTF-32 text", "Save it as UTF-8."),
    (b"\xff\xfe", "UTF-16 text", "Save it as UTF-8."),
    (b"\xfe\xff", "UTF-16 text", "Save it as UTF-8."),
)


def refuse_no_text(stream: BinaryIO, source: str, wanted: str) -> None:
    """Raises InvalidInputError if a stream does not begin like text in UTF-8. No bytes are consumed.

    A stream that can neither be peeked nor rewound is not checked.
    """
    kind = kind_of(_head(stream))
    if kind is not None:
        raise InvalidInputError(f"{source} is {kind[0]}, not {wanted}. {kind[1]}")


def kind_of(head: bytes) -> tuple[str, str] | None:
    """Returns the kind of a file with this beginning and a remedy, or None for text that is at least nearly UTF-8."""
    for magic, what, remedy in _KINDS:
        if head.startswith(magic):
            return what, remedy
    zeros = head.count(0)
    if zeros * 3 > len(head) and b"\x00\x00" not in head:
        return "UTF-16 text", "Save it as UTF-8."
    # A single zero byte in an abstract does not make a text file invalid.
    if zeros * 10 > len(head) or (zeros and not _is_utf8(head)):
        return "binary data", "Give text in UTF-8."
    return None


def _head(stream: BinaryIO) -> bytes:
    if isinstance(stream, io.BufferedReader):
        return stream.peek(HEAD_BYTES)[:HEAD_BYTES]
    if not stream.seekable():
        return b""
    place = stream.tell()
    head = stream.read(HEAD_BYTES)
    stream.seek(place)
    return head


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return error.reason == "unexpected end of data"  # the head ends within a character
    return True
