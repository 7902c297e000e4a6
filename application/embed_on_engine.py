"""Embeds abstracts on an engine, in the order given."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from domain.abstract import Abstract
from domain.ports.embedder import Embedder
from domain.ports.engine import Engine


@dataclass(frozen=True, slots=True)
class Batch:
    """Some abstracts, and the number of their batch from 0."""

    number: int
    abstracts: Sequence[Abstract]


@dataclass(frozen=True, slots=True)
class Vectors:
    """The float32 vectors of a batch, one after another."""

    number: int
    content: bytes


OpenEmbedder = Callable[[], Callable[[Batch], Vectors]]


class EmbedOnEngine:
    """Embeds batches in the processes of an engine. `dimensions` is the number of components of a vector."""

    def __init__(self, engine: Engine, open_worker: OpenEmbedder, dimensions: int) -> None:
        self._engine = engine
        self._open_worker = open_worker
        self._dimensions = dimensions

    def __call__(self, batches: Iterable[Sequence[Abstract]]) -> Iterator[memoryview]:
        """Yields the vectors of each batch, shape (abstracts, dimensions), in the order of the batches."""
        early: dict[int, Vectors] = {}
        expected = 0
        items = (Batch(number, batch) for number, batch in enumerate(batches))
        for done in self._engine.map(self._open_worker, items):
            early[done.number] = done
            while (following := early.pop(expected, None)) is not None:
                yield self._shaped(following.content)
                expected += 1

    def _shaped(self, content: bytes) -> memoryview:
        rows = len(content) // (4 * self._dimensions)
        vectors = memoryview(content).cast("f", [rows, self._dimensions])
        return cast(memoryview, vectors)  # of floats, which the port leaves open


def embedding_worker(embedder: Embedder) -> Callable[[Batch], Vectors]:
    """Returns what a process of the engine does with an embedder of its own."""

    def work(batch: Batch) -> Vectors:
        return Vectors(batch.number, embedder.embed(batch.abstracts).tobytes())

    return work
