"""Files and folders that readers see whole or not at all, also after a crash or beside other writers."""

import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters.files.flushing import flush_file, flush_folder, flush_tree


@contextmanager
def partial_beside(path: Path, *, suffix: str = "") -> Iterator[Path]:
    """A hidden path in the folder of `path`, of another name for each writer; a file left there is removed at the end.

    `suffix` ends the name, for what tells a format by it.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part{suffix}")
    try:
        yield partial
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def take_place(partial: Path, path: Path) -> None:
    """Moves a file to `path`, flushed to the disk; it gets the permissions of the file that it replaces."""
    flush_file(partial)
    with suppress(FileNotFoundError):
        partial.chmod(stat.S_IMODE(path.stat().st_mode))
    partial.replace(path)
    flush_folder(path.parent)


@contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """A hidden path beside `path`; what is written there takes its place when the block ends, unless it raises."""
    with partial_beside(path) as partial:
        yield partial
        take_place(partial, path)


def write_whole(path: Path, content: bytes) -> None:
    """Replaces a file's content: a reader sees the earlier one or this one, and of two writers the later one wins."""
    with whole_path(path) as partial:
        partial.write_bytes(content)


def publish_folder(partial: Path, folder: Path) -> None:
    """Moves a folder to a name that is free, with all in it flushed to the disk."""
    flush_tree(partial)
    partial.rename(folder)
    flush_folder(folder.parent)
