"""Publishes files and folders. Readers see a whole one or none, even after a crash or beside other writers."""

import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters.files.flushing import flush_file, flush_folder, flush_tree


@contextmanager
def partial_beside(path: Path, *, suffix: str = "") -> Iterator[Path]:
    """Provides a hidden path in the folder of `path`, unique to each writer, and removes a file left there.

    `suffix` ends the name, for programs that take the format from it.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part{suffix}")
    try:
        yield partial
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def take_place(partial: Path, path: Path) -> None:
    """Moves a file to `path`, flushed to disk, with the permissions of the file that it replaces."""
    flush_file(partial)
    with suppress(FileNotFoundError):
        partial.chmod(stat.S_IMODE(path.stat().st_mode))
    partial.replace(path)
    flush_folder(path.parent)


@contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """Provides a hidden path beside `path`. A file written there replaces `path` unless the block raises."""
    with partial_beside(path) as partial:
        yield partial
        take_place(partial, path)


def write_whole(path: Path, content: bytes) -> None:
    """Replaces a file's content. Readers see the old or the new content, and the last of several writers wins."""
    with whole_path(path) as partial:
        partial.write_bytes(content)


def publish_folder(partial: Path, folder: Path) -> None:
    """Flushes a folder to disk and moves it to a free name."""
    flush_tree(partial)
    partial.rename(folder)
    flush_folder(folder.parent)
