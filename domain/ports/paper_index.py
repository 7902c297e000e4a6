"""Port: an index of papers by their vectors, which finds the nearest ones to a vector."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from domain.similar_paper import IndexedPaper, SimilarPaper


@dataclass(frozen=True, slots=True)
class IndexOrigin:
    """What made an index: a stored model's name, its embedder's fingerprint and vector length, the time (ISO 8601)."""

    model: str
    fingerprint: str
    dimensions: int
    created: str


class PaperIndex(Protocol):
    """Finds papers by nearness; several threads may search at once."""

    @property
    @abstractmethod
    def origin(self) -> IndexOrigin:
        """What made it."""

    @abstractmethod
    def __len__(self) -> int:
        """How many papers it holds."""

    @abstractmethod
    def search(self, vectors: memoryview, k: int) -> list[tuple[SimilarPaper, ...]]:
        """The `k` nearest papers to each row, the nearest first; all of them where it holds fewer.

        `vectors` is C-contiguous float32 (queries, dimensions) with rows of length 1, as an Embedder makes them.
        """


class PaperIndexWriter(Protocol):
    """Writes an index so that a reader sees all of it or none."""

    @abstractmethod
    def add(self, papers: Sequence[IndexedPaper], vectors: memoryview) -> None:
        """Adds some papers with their vectors, one row each, as an Embedder makes them."""

    @abstractmethod
    def finish(self) -> None:
        """Makes the index appear; called once, after the last of one or more papers. An earlier one is replaced."""

    @abstractmethod
    def discard(self) -> None:
        """Leaves nothing of what was begun; called where anything failed, up to `finish`."""


class PaperIndexStore(Protocol):
    """Makes and opens indexes in folders."""

    @abstractmethod
    def create(self, folder: Path, origin: IndexOrigin) -> PaperIndexWriter:
        """What writes a new index there; a folder that holds anything but an index is an InvalidInputError."""

    @abstractmethod
    def open(self, folder: Path) -> PaperIndex:
        """The index in a folder, every file's SHA-256 compared with its manifest.

        Raises ModelNotFoundError, IncompatibleModelError or CorruptModelError.
        """
