"""Port: encoders that turn abstracts into vectors, in which similar papers have a large cosine."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on


class Embedder(Protocol):
    """Encodes each abstract as a vector of length 1."""

    @property
    @abstractmethod
    def dimensions(self) -> int:
        """The number of components of a vector."""

    @property
    @abstractmethod
    def fingerprint(self) -> str:
        """Identifies the encoder. It changes with the weights and with the way text is read."""

    @abstractmethod
    def embed(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> memoryview:
        """Returns a C-contiguous float32 buffer of shape (abstracts, dimensions) with rows of length 1.

        `checkpoint` works as in `Classifier.predict`.
        """
