"""Opens plain, gzip, zstd and zip files as a stream of bytes, and compresses output files."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from typing_extensions import Buffer, override

from adapters.datasets.addresses import PaperFile
from adapters.files.passage import Passage
from domain.errors import InvalidInputError

SUFFIXES = (".gz", ".zst", ".zip")
_BUFFER_BYTES = 1 << 18


@contextmanager
def opened(path: PaperFile) -> Iterator[BinaryIO]:
    """Opens the file's bytes, decompressed according to its suffix.

    Raises InvalidInputError, also within the block, if the file cannot be read or decompressed.
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
    """Opens a stream that passes bytes to `stream`, compressed if the path's suffix is .gz or .zst.

    Equal bytes are compressed to equal bytes. If the block fails, the compressed data lack their end, so that readers
    notice.
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
    """Opens a single frame for all output, because some readers stop after the first frame."""
    import pyarrow as pa

    passage = Passage(stream)
    frame = pa.CompressedOutputStream(passage, "zstd")
    try:
        yield frame
    except BaseException:
        passage.is_open = False  # Arrow would write a frame's end even after an error
        raise
    finally:
        frame.close()


class _GzipWriter(io.RawIOBase):
    """Gzip without file name and time.

    The end is written only in `finish`. gzip.GzipFile also writes it when it is deleted.
    """

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
        """Writes the remaining data and the checksum."""
        self._stream.write(self._packer.flush())


@contextmanager
def _unpacked(packed: BinaryIO, path: PaperFile) -> Iterator[BinaryIO]:
    suffix = path.suffix.lower()
    if suffix == ".gz":
        with gzip.GzipFile(fileobj=packed) as stream:
            yield cast(BinaryIO, io.BufferedReader(stream, _BUFFER_BYTES))
    elif suffix == ".zst":
        # zstandard's own reader accepts a truncated file without an error. Arrow's raises one.
        import pyarrow as pa

        with pa.CompressedInputStream(packed, "zstd") as stream:
            yield cast(BinaryIO, io.BufferedReader(stream, _BUFFER_BYTES))
    elif suffix == ".zip":
        with zipfile.ZipFile(packed) as archive, archive.open(_only_member(archive, path)) as member:
            yield cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, member), _BUFFER_BYTES))
    else:
        yield packed


def _only_member(archive: zipfile.ZipFile, path: PaperFile) -> str:
    members = [name for name in archive.namelist() if not name.endswith("/")]
    if len(members) != 1:
        raise InvalidInputError(f"{path} holds {len(members)} files; it must hold one. Unpack it and name the file.")
    return members[0]


def _damaged(path: PaperFile, error: Exception) -> InvalidInputError:
    reason = str(error).partition("\n")[0].rstrip(".")
    return InvalidInputError(f"{path} is damaged or cut short ({reason}). Write or download it again.")
