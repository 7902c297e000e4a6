"""The embedder of a saved transformer."""

from pathlib import Path

from adapters.classifiers.transformer.serving import TransformerEmbedder, fingerprint_of
from adapters.classifiers.transformer.storage import MODEL, READING, load_runtime
from adapters.classifiers.transformer.tokenizing import TOKENIZER
from domain.ports.embedder import Embedder


def load_embedder(folder: Path) -> Embedder:
    """Returns the embedder of the model in a folder. The fingerprint covers everything that determines its vectors."""
    runtime = load_runtime(folder)
    return TransformerEmbedder(runtime, fingerprint_of(*(folder / name for name in (MODEL, READING, TOKENIZER))))
