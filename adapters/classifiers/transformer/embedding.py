"""The embedder of a saved transformer."""

from pathlib import Path

from adapters.classifiers.transformer.serving import TransformerEmbedder, fingerprint_of
from adapters.classifiers.transformer.storage import MODEL, READING, load_runtime
from adapters.classifiers.transformer.tokenizing import TOKENIZER
from domain.ports.embedder import Embedder


def load_embedder(folder: Path) -> Embedder:
    """Embeds as the model in that folder does; what decides its vectors is in the fingerprint."""
    runtime = load_runtime(folder)
    return TransformerEmbedder(runtime, fingerprint_of(*(folder / name for name in (MODEL, READING, TOKENIZER))))
