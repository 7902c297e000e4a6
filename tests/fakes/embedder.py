"""An embedder that counts words into buckets."""

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from typing_extensions import override

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.ports.embedder import Embedder


class FakeEmbedder(Embedder):
    """Papers with the same words are alike."""

    def __init__(self, dimensions: int = 64, fingerprint: str = "fake") -> None:
        self._dimensions = dimensions
        self._fingerprint = fingerprint

    @property
    @override
    def dimensions(self) -> int:
        return self._dimensions

    @property
    @override
    def fingerprint(self) -> str:
        return self._fingerprint

    @override
    def embed(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> memoryview:
        rows = np.zeros((len(abstracts), self._dimensions), np.float32)
        for row, abstract in zip(rows, abstracts, strict=True):
            checkpoint()
            for word in f"{abstract.title or ''} {abstract.text}".lower().split():
                row[zlib.crc32(word.encode()) % self._dimensions] += 1
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
        return rows.data


def load_fake(folder: Path) -> Embedder:
    """The embedder of any stored model of kind `fake`; the model's name is its fingerprint."""
    return FakeEmbedder(fingerprint=folder.name)
