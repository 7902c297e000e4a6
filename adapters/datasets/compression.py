"""Opens plain, gzip, zstd and zip files as one stream of bytes, and says so where such a file is damaged."""

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

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
def _unpacked(packed: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    if path.suffix == ".gz":
        with gzip.GzipFile(fileobj=packed) as stream:
            yield cast(BinaryIO, io.BufferedReader(stream, _BUFFER_BYTES))
    elif path.suffix == ".zst":
        # zstandard's own reader ends without a word where the file is cut short; Arrow's says so.
        import pyarrow as pa

        with pa.CompressedInputStream(packed, "zstd") as stream:
            yield cast(BinaryIO, io.BufferedReader(stream, _BUFFER_BYTES))
    elif path.suffix == ".zip":
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
