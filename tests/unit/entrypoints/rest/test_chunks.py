"""Bodies in chunks are put together however they arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrypoints.rest.chunks import Chunks


def sent(parts: list[bytes], trailers: bytes = b"") -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailers + b"\r\n"


@given(st.lists(st.binary(min_size=1, max_size=40)), st.lists(st.integers(0, 60)), st.binary(max_size=20))
def test_pieces_make_no_difference(parts: list[bytes], cuts: list[int], behind: bytes) -> None:
    """Whatever pieces a body arrives in, it is what was sent, and what is sent behind it is left alone."""
    whole = b"head" + sent(parts)
    chunks, data, rest = Chunks(4), bytearray(), whole + behind
    for cut in cuts:
        data += rest[:cut]
        rest = rest[cut:]
        chunks.read(data)
        assert (chunks.end >= 0) == (len(data) >= len(whole))
    chunks.read(data + rest)
    assert (bytes(chunks.body), chunks.end, chunks.broken) == (b"".join(parts), len(whole), False)


def test_what_looks_like_an_end_is_none() -> None:
    """The bytes of an end inside a chunk do not end the body."""
    chunks = Chunks(0)
    chunks.read(bytearray(b"40\r\n[\r\n0\r\n\r\n"))
    assert (chunks.end, chunks.broken) == (-1, False)


def test_extensions_and_trailers_are_left_out() -> None:
    """What else may stand in a body in chunks is read and means nothing."""
    chunks = Chunks(0)
    chunks.read(bytearray(b'2 ;a="b"\r\n{}\r\n0\r\nX-Sum: 1\r\nX: \r\n\r\n'))
    assert (bytes(chunks.body), chunks.end, chunks.broken) == (b"{}", 34, False)


@pytest.mark.parametrize(
    "data",
    [
        b"zz\r\n",
        b"\r\n",
        b"-1\r\n",
        b"0x2\r\n{}\r\n",
        b"2\n{}\r\n0\r\n\r\n",
        b"2;a\nb\r\n{}\r\n",
        b"2\r\n{}]\r\n",
        b"11111111111111111\r\n",
        b"1;" + b"a" * 9000,
        b"0\r\nnonsense\r\n\r\n",
        b"0\r\n" + b"X: a\r\n" * 5000,
        b"1\r\n \r\n" * 70_000,
    ],
)
def test_what_is_no_body_in_chunks(data: bytes) -> None:
    """A size, a line or a trailer that does not do ends the reading, and so do lines and chunks without end."""
    chunks = Chunks(0)
    chunks.read(bytearray(data))
    assert chunks.broken
