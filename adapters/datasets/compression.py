"""Opens plain, gzip, zstd and zip files as one stream of bytes, and compresses what is written to such files."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from typing_extensions import Buffer, override

from domain.errors import InvalidInputError

SUFFIXES = (".gz", ".zst", ".zip")
_BUFFER_BYTES = 1 << 18


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """The file's bytes, unpacked where its suffix says that it is compressed.

    What cannot be read or unpacked is an InvalidInputError, while the block runs as well.
    """
    try:
        with path.open("rb") as packed, _unpacked(packed, path) as stream:
            yield stream
    except (EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise _damaged(path, error) from error
    except OSError as error:
        if error.strerror:
            raise InvalidInputError(f"{path} cannot be read: {error.strerror}.") from error
        raise _damaged(path, error) from error


@contextmanager
def compressing(stream: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    """A stream that passes bytes on to `stream`, compressed where the path's suffix is .gz or .zst.

    The same bytes are compressed to the same bytes. Where the block fails, the compressed data have no end, so that no
    reader takes them for all.
    """
    suffix = path.suffix.lower()
    if suffix == ".gz":
        packed = _GzipWriter(stream)
        yield cast(BinaryIO, packed)
        packed.finish()
    elif suffix == ".zst":
        with _zstd_frame(stream) as frame:
            yield frame
    else:
        yield stream


@contextmanager
def _zstd_frame(stream: BinaryIO) -> Iterator[BinaryIO]:
    """One frame for all that is written: some readers stop behind the first."""
    import pyarrow as pa

    passage = _Passage(stream)
    frame = pa.CompressedOutputStream(passage, "zstd")
    try:
        yield frame
    except BaseException:
        passage.is_open = False  # Arrow writes a frame's end even where it is given up
        raise
    finally:
        frame.close()


class _Passage(io.RawIOBase):
    """Passes bytes on while it is open, and drops those that come later."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.is_open = True

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Buffer) -> int:
        if self.is_open:
            self._stream.write(data)
        return len(memoryview(data).cast("B"))


class _GzipWriter(io.RawIOBase):
    """Gzip without a file name and a time; gzip.GzipFile would write its end when it is taken away."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._packer = zlib.compressobj(wbits=zlib.MAX_WBITS + 16)

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Buffer) -> int:
        self._stream.write(self._packer.compress(data))
        return len(memoryview(data).cast("B"))

    def finish(self) -> None:
        """Writes what is left and the checksum."""
        self._stream.write(self._packer.flush())


@contextmanager
def _unpacked(packed: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        with gzip.GzipFile(fileobj=packed) as stream:
            yield cast(BinaryIO, io.BufferedReader(stream, _BUFFER_BYTES))
    elif suffix == ".zst":
        # zstandard's own reader ends without a word where the file is cut short; Arrow's says so.
        import pyarrow as pa

        with pa.CompressedInputStream(packed, "zstd") as stream:
            yield cast(BinaryIO, io.BufferedReader(stream, _BUFFER_BYTES))
    elif suffix == ".zip":
        with zipfile.ZipFile(packed) as archive, archive.open(_only_member(archive, path)) as member:
            yield cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, member), _BUFFER_BYTES))
    else:
        yield packed


def _only_member(archive: zipfile.ZipFile, path: Path) -> str:
    members = [name for name in archive.namelist() if not name.endswith("/")]
    if len(members) != 1:
        raise InvalidInputError(f"{path} holds {len(members)} files; one is wanted. Unpack it and name the file.")
    return members[0]


def _damaged(path: Path, error: Exception) -> InvalidInputError:
    reason = str(error).partition("\n")[0].rstrip(".")
    return InvalidInputError(f"{path} is damaged or cut short ({reason}). Write or download it again.")
