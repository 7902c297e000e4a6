"""Publishes folders. Readers see a whole folder or none, even after a crash or beside other writers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from adapters.files.whole import publish_folder

_NUMBER_OR_TEXT = re.compile(r"[0-9]+|[^0-9]+")


@dataclass(frozen=True, slots=True)
class Publication:
    """The folder to write in, the version reserved for it, and its final path."""

    version: str
    partial: Path
    target: Path


@contextmanager
def published(parent: Path, created: str) -> Iterator[Publication]:
    """Opens a folder for a new version, which appears in `parent` when the block ends, unless it raises.

    The version is the UTC time `created` (ISO 8601), with `-2`, `-3` and so on appended if it is taken.
    """
    made = [folder for folder in (parent, parent.parent) if not folder.exists()]
    try:
        publication = _reserve(parent, _stamp(created))
    except BaseException:
        _remove_empty(made)
        raise
    try:
        yield publication
        publish_folder(publication.partial, publication.target)
    except BaseException:
        _remove(publication.partial)
        _remove_empty(made)
        raise


def version_order(version: str) -> tuple[tuple[int, str], ...]:
    """Returns a sort key, oldest first. Numbers in versions compare as numbers, so `-10` follows `-9`."""
    parts = _NUMBER_OR_TEXT.findall(version)
    return tuple((int(part), "") if part[0] in "0123456789" else (-1, part) for part in parts)


def _reserve(parent: Path, stamp: str) -> Publication:
    # Creating a folder is atomic, even on network file systems, and only the creator of the partial folder may create
    # its target, so no two writers get the same version.
    for number in count(1):
        version = stamp if number == 1 else f"{stamp}-{number}"
        publication = Publication(version, parent / f".{version}.partial", parent / version)
        try:
            publication.partial.mkdir(parents=True)
        except FileExistsError:
            if not publication.partial.is_dir():
                raise
            continue
        if not publication.target.exists():
            break
        publication.partial.rmdir()
    return publication


def _stamp(created: str) -> str:
    moment = datetime.fromisoformat(created)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _remove(folder: Path) -> None:
    import shutil  # 8 ms, needed only after a failure

    shutil.rmtree(folder, ignore_errors=True)


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
