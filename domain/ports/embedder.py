"""Port: something that turns abstracts into vectors whose angles tell how alike papers are."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on


class Embedder(Protocol):
    """Reads abstracts, gives one vector of length 1 for each."""

    @property
    @abstractmethod
    def dimensions(self) -> int:
        """How many numbers a vector has."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Identifies the encoder: it changes when its weights change, or the way in which it reads text."""

    @abstractmethod
    def embed(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> memoryview:
        """A C-contiguous float32 buffer of shape (abstracts, dimensions); the product of two rows is their cosine.

        `checkpoint` is as in `Classifier.predict`.
        """
