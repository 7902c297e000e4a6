"""A transformer as it is served, with tokenizer and ONNX Runtime but no training library."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from typing_extensions import override

from adapters.classifiers.transformer.onnx.graph import PROBABILITIES, VECTORS
from adapters.classifiers.transformer.onnx.runtime import OnnxRuntime
from adapters.classifiers.transformer.tokenizing import Tokens
from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.explanation import Span
from domain.ports.classifier import Classifier
from domain.ports.embedder import Embedder
from domain.ports.explainer import Reader
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy


class ServedTransformer(Classifier, Reader):
    """Predicts probabilities with an ONNX graph."""

    def __init__(self, taxonomy: Taxonomy, runtime: OnnxRuntime) -> None:
        self._taxonomy = taxonomy
        self._runtime = runtime

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._taxonomy

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        unread: set[int] = set()

        def note(start: int, tokens: Tokens) -> None:
            unread.update((start + self._runtime.tokenizer.unread(tokens)).tolist())

        rows = self._runtime.run(abstracts, PROBABILITIES, checkpoint=checkpoint, on_read=note)
        return PredictionBatch(self._taxonomy, rows.data, frozenset(unread))

    @override
    def read_spans(self, abstract: Abstract) -> tuple[Span, ...]:
        return self._runtime.tokenizer.read_spans(abstract)


class TransformerEmbedder(Embedder):
    """Computes vectors of length 1 with an ONNX graph."""

    def __init__(self, runtime: OnnxRuntime, fingerprint: str) -> None:
        self._runtime = runtime
        self._fingerprint = fingerprint

    @property
    @override
    def dimensions(self) -> int:
        return self._runtime.width(VECTORS)

    @property
    @override
    def fingerprint(self) -> str:
        return self._fingerprint

    @override
    def embed(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> memoryview:
        rows = self._runtime.run(abstracts, VECTORS, checkpoint=checkpoint)
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(1e-12))
        return rows.data


def fingerprint_of(*files: Path) -> str:
    """Returns the SHA-256 (hex) of the files' contents."""
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()
