"""Port: an index that finds the papers nearest to a vector."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from domain.similar_paper import IndexedPaper, SimilarPaper


@dataclass(frozen=True, slots=True)
class IndexOrigin:
    """The origin of an index: stored model's name, embedder's fingerprint and dimensions, and time (ISO 8601)."""

    model: str
    fingerprint: str
    dimensions: int
    created: str


class PaperIndex(Protocol):
    """Finds the nearest papers. Several threads may search at once."""

    @property
    @abstractmethod
    def origin(self) -> IndexOrigin:
        """The model and the time the index was made with."""

    @abstractmethod
    def __len__(self) -> int:
        """Returns the number of papers."""

    @abstractmethod
    def search(self, vectors: memoryview, k: int) -> list[tuple[SimilarPaper, ...]]:
        """Returns the `k` nearest papers for each row, nearest first, or all papers if there are fewer.

        `vectors` is C-contiguous float32 of shape (queries, dimensions) with rows of length 1, as an Embedder returns
        them.
        """


class PaperIndexWriter(Protocol):
    """Writes an index. A reader sees all of it or none."""

    @abstractmethod
    def add(self, papers: Sequence[IndexedPaper], vectors: memoryview) -> None:
        """Adds papers with their vectors, one row per paper, as an Embedder returns them."""

    @abstractmethod
    def finish(self) -> None:
        """Publishes the index in place of an earlier one. Called once, after at least one paper."""

    @abstractmethod
    def discard(self) -> None:
        """Removes everything written. Called if anything fails before `finish` has returned."""


class PaperIndexStore(Protocol):
    """Creates and opens indexes in folders."""

    @abstractmethod
    def create(self, folder: Path, origin: IndexOrigin) -> PaperIndexWriter:
        """Returns a writer for a new index. Raises InvalidInputError if the folder holds anything but an index."""

    @abstractmethod
    def open(self, folder: Path) -> PaperIndex:
        """Returns the index in a folder after comparing every file's SHA-256 with its manifest.

        Raises ModelNotFoundError, IncompatibleModelError or CorruptModelError.
        """
