"""Files at addresses such as s3://bucket/papers/a.parquet, which fsspec opens."""

import io
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast
from urllib.parse import urlsplit

from typing_extensions import Buffer, override

from domain.errors import ArxivClassifierError, DatasetUnavailableError, InvalidInputError, MissingPackageError
from domain.prediction_run import InputFile

# A parquet file is read at several places in turn, one per column.
_BLOCK_BYTES, _BLOCKS = 1 << 22, 12
_MODIFIED = ("LastModified", "mtime", "last_modified", "updated", "created")
_TAGS = ("ETag", "etag", "md5Hash", "blob_id", "Content-MD5", "Last-Modified")
_PATTERN = re.compile(r"[*?\[]")
_IN_EXTRA = ("fsspec", "s3fs", "aiohttp")
_IDENTITY = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for a public bucket FSSPEC_S3_ANON=true",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS; for a public bucket FSSPEC_GS_TOKEN=anon",
    "hf": "HF_TOKEN",
}


class RemoteFile:
    """A file at an address."""

    def __init__(self, system: Any, path: str, address: str) -> None:
        self._system = system
        self._path = path
        self._address = address

    def __str__(self) -> str:
        return self._address

    @property
    def suffixes(self) -> list[str]:
        """The suffixes of the file's name."""
        return PurePosixPath(urlsplit(self._address).path).suffixes

    @property
    def suffix(self) -> str:
        """The last suffix, or an empty text."""
        return (self.suffixes or [""])[-1]

    @property
    def name(self) -> str:
        """The last part of the address."""
        return PurePosixPath(urlsplit(self._address).path).name

    def exists(self) -> bool:
        """Returns whether the file is there."""
        with _sentences(self._address):
            return bool(self._system.isfile(self._path))

    def is_dir(self) -> bool:
        """Returns false, because folders are read as their files."""
        return False

    def open(self, mode: str = "rb") -> BinaryIO:
        """Opens the file's bytes, seekable. Raises DatasetUnavailableError, also when it is read."""
        with _sentences(self._address):
            cache = {"cache_type": "blockcache", "cache_options": {"maxblocks": _BLOCKS}}
            file = self._system.open(self._path, mode, block_size=_BLOCK_BYTES, **cache)
            if getattr(file, "size", 0) is None:  # the server sends the file only from its beginning
                file = _copied(file)
        return cast(BinaryIO, io.BufferedReader(_GuardedFile(file, self._address), 1 << 18))

    def described(self) -> InputFile:
        """Returns the file as it is now."""
        with _sentences(self._address):
            info = self._system.info(self._path)
        return InputFile(self._address, int(info.get("size") or -1), _modified(info), _tag(info))


PaperFile = Path | RemoteFile


def files_at(address: str, wanted: Callable[[RemoteFile], bool]) -> list[RemoteFile]:
    """Returns the file at an address, or the wanted files of a folder or pattern, sorted.

    Raises InvalidInputError if there is none, DatasetUnavailableError if the address cannot be reached, and
    MissingPackageError for a package that is not installed.
    """
    with _sentences(address):
        system, path = _opened(address)
        if urlsplit(address).scheme in ("http", "https"):
            system.info(path)
            paths = [path]
        elif _PATTERN.search(path):
            paths = sorted(each for each in system.glob(path) if system.isfile(each))
        elif system.isfile(path):
            paths = [path]
        else:
            files = {each: _file(system, each) for each in sorted(system.find(path))}
            paths = [each for each, file in files.items() if wanted(file) and not _is_hidden(each, path)]
    if not paths:
        raise InvalidInputError(f"There is no file of papers at {address}. Check the address.")
    return [_file(system, each) for each in paths]


@contextmanager
def seekable(file: PaperFile) -> Iterator[Path | BinaryIO]:
    """Provides a local file's path, and the stream of another one."""
    if isinstance(file, Path):
        yield file
        return
    with file.open() as stream:
        yield stream


def described(file: PaperFile) -> InputFile:
    """Returns the file with its size and time of modification."""
    if isinstance(file, RemoteFile):
        return file.described()
    found = file.stat()
    return InputFile(str(file), found.st_size, found.st_mtime_ns)


def _opened(address: str) -> tuple[Any, str]:
    scheme = urlsplit(address).scheme
    try:
        from fsspec.core import url_to_fs

        system, path = url_to_fs(address)
    except ImportError as error:
        raise _missing_package(address, error) from error
    except ValueError as error:
        raise InvalidInputError(
            f"{address} begins with {scheme}://, which is not known. Known are s3, gs, hf, https and others of fsspec."
        ) from error
    return system, str(path)


def _missing_package(address: str, error: ImportError) -> ArxivClassifierError:
    told = re.search(r"\b(?:install|Install) ([\w-]+)", str(error))
    package = error.name or (told[1] if told else "fsspec")
    if package.partition(".")[0] in _IN_EXTRA:
        return MissingPackageError(f"{address} needs the package {package}, which is not installed.", extra="remote")
    return DatasetUnavailableError(f"{address} needs the package {package}. Run: pip install {package}")


def _file(system: Any, path: str) -> RemoteFile:
    return RemoteFile(system, path, str(system.unstrip_protocol(path)))


def _is_hidden(path: str, folder: str) -> bool:
    return any(part.startswith(".") for part in path.removeprefix(folder).split("/"))


def _copied(file: Any) -> BinaryIO:
    copy = TemporaryFile()  # noqa: SIM115  # the caller closes it
    with file:
        shutil.copyfileobj(file, copy)
    copy.seek(0)
    return cast(BinaryIO, copy)


def _modified(info: Mapping[str, Any]) -> int:
    found = next((info[name] for name in _MODIFIED if info.get(name)), 0)
    if isinstance(found, datetime):
        found = found.timestamp()
    return round(found * 1e9) if isinstance(found, int | float) else 0


def _tag(info: Mapping[str, Any]) -> str:
    return str(next((info[name] for name in _TAGS if info.get(name)), ""))


class _GuardedFile(io.RawIOBase):
    """A file whose errors are DatasetUnavailableError, which readers of a format pass on."""

    def __init__(self, file: Any, address: str) -> None:
        self._file = file
        self._address = address

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return int(self._file.seek(offset, whence))

    @override
    def tell(self) -> int:
        return int(self._file.tell())

    def readinto(self, buffer: Buffer, /) -> int:
        """Reads at most as many bytes as the buffer has."""
        view = memoryview(buffer).cast("B")
        with _sentences(self._address):
            data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)

    @override
    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


@contextmanager
def _sentences(address: str) -> Iterator[None]:
    """Translates the errors of every library behind fsspec, which have no base in common."""
    try:
        yield
    except ArxivClassifierError:
        raise
    except FileNotFoundError as error:
        # For the web, fsspec raises this error whatever the cause.
        cause = error.__cause__
        if isinstance(cause, OSError) or getattr(cause, "status", 404) not in (404, 410):
            raise _unavailable(address, cause or error) from error
        raise InvalidInputError(f"There is no file of papers at {address}. Check the address.") from error
    except ImportError as error:
        raise _missing_package(address, error) from error
    except Exception as error:
        raise _unavailable(address, error) from error


def _unavailable(address: str, error: BaseException) -> DatasetUnavailableError:
    reason = (str(error) or type(error).__name__).partition("\n")[0].rstrip(".")
    scheme = urlsplit(address).scheme.replace("s3a", "s3").replace("gcs", "gs")
    refused = isinstance(error, PermissionError) or "redential" in reason or "orbidden" in reason
    identity = f" Set {_IDENTITY[scheme]}." if refused and scheme in _IDENTITY else ""
    return DatasetUnavailableError(f"{address} cannot be read: {reason}.{identity}")
