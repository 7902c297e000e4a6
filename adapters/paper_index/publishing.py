"""Publishes an index's folder. It is written beside its final place first, so that readers see all of it or none."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters.files.flushing import flush_folder, flush_tree
from adapters.paper_index.manifest import MANIFEST, PAPERS, VECTORS
from domain.errors import ArxivClassifierError, InvalidInputError

_OWN = frozenset({MANIFEST, PAPERS, *VECTORS.values()})


class IndexFolder:
    """A hidden folder `partial` that replaces `target` when it is complete."""

    def __init__(self, target: Path) -> None:
        self._named = target
        self._target = Path(os.path.realpath(target))  # a link stays a link
        token = secrets.token_hex(4)
        self.partial = self._target.with_name(f".{self._target.name}.{token}.partial")
        self._replaced = self._target.with_name(f".{self._target.name}.{token}.replaced")
        self._made: list[Path] = []

    def check(self) -> None:
        """Raises InvalidInputError if the target holds anything but an index."""
        if not self._target.exists():
            return
        if not self._target.is_dir():
            raise InvalidInputError(f"{self._named} is a file. Name a folder for the index.")
        with self.sentences():
            names = sorted(path.name for path in self._target.iterdir())
        strangers = [name for name in names if name not in _OWN]
        if names and (strangers or MANIFEST not in names):
            raise InvalidInputError(
                f"{self._named} holds {(strangers or names)[0]} and is not an index. Name an empty or a new folder."
            )

    def begin(self) -> None:
        """Creates the hidden folder."""
        with self.sentences():
            self._made = [each for each in self._target.parents if not each.exists()]
            self.partial.mkdir(parents=True)

    def appear(self) -> None:
        """Moves the new folder to its place.

        A crash between the two renames leaves the old index in a hidden folder.
        """
        self.check()  # embedding takes hours, and files may have appeared meanwhile
        with self.sentences():
            flush_tree(self.partial)
            if self._target.exists():
                self._target.rename(self._replaced)
            self._put_in_place()
        shutil.rmtree(self._replaced, ignore_errors=True)
        flush_folder(self._target.parent)

    def discard(self) -> None:
        """Removes the new folder, and the parents that were created for it."""
        shutil.rmtree(self.partial, ignore_errors=True)
        for parent in self._made:
            with suppress(OSError):
                parent.rmdir()

    @contextmanager
    def sentences(self) -> Iterator[None]:
        """Translates an OSError in the block to a sentence with the folder's name."""
        try:
            yield
        except OSError as error:
            raise ArxivClassifierError(
                f"The index cannot be written to {self._named}: {error.strerror or error}. Free space there, or name "
                "another folder."
            ) from error

    def _put_in_place(self) -> None:
        try:
            self.partial.rename(self._target)
        except OSError:
            if self._replaced.exists():
                self._replaced.rename(self._target)
            raise
