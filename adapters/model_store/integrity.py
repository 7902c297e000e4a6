"""Lists the files of a bundle and compares them with its manifest."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from adapters.files.manifests import FileRecord, record_of
from adapters.model_store.manifest import FORMAT, MANIFEST
from domain.errors import CorruptModelError

# The model card is text for readers. It may be edited or missing without changing the model.
UNLISTED = frozenset({MANIFEST, "MODEL_CARD.md"})
REMEDY = FORMAT.remedy


def record_files(folder: Path) -> dict[str, FileRecord]:
    """Returns a record of every file in the bundle."""
    return {name: record_of(folder / name) for name in bundle_files(folder)}


def bundle_files(folder: Path) -> tuple[str, ...]:
    """Returns the paths of a bundle's files, relative and with forward slashes, sorted.

    The manifest, the model card, hidden files, and sub-folders that are bundles themselves are left out. (The folder of
    a shipped model may also hold versions trained later.)
    """
    return tuple(sorted(path.relative_to(folder).as_posix() for path in _walk(folder)))


def check_names(folder: Path, files: Mapping[str, FileRecord]) -> None:
    """Raises CorruptModelError if a listed path leads out of the bundle's folder, by `..` or by a link."""
    root = os.path.realpath(folder)
    for name in files:
        inside = not os.path.isabs(name) and ".." not in Path(name).parts
        if not inside or os.path.commonpath([root, os.path.realpath(folder / name)]) != root:
            raise CorruptModelError(f"The manifest of {folder} lists {name!r}, which is outside the bundle. {REMEDY}")


def check_files(folder: Path, files: Mapping[str, FileRecord]) -> None:
    """Raises CorruptModelError if a file is missing, altered, or not listed."""
    for name, expected in files.items():
        FORMAT.check_file(folder, name, expected)
    for name in bundle_files(folder):
        if name not in files:
            raise CorruptModelError(
                f"{folder / name} is in a model's folder, but the manifest does not list it. Move the file elsewhere."
            )


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or path.name in UNLISTED:
            continue
        if not path.is_dir() or path.is_symlink():
            yield path
        elif not (path / MANIFEST).exists():
            yield from _walk(path)
