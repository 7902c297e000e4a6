"""Tiny transformers as they are served: random weights, written without Keras."""

from pathlib import Path

import numpy as np

from adapters.classifiers.transformer import storage
from adapters.classifiers.transformer.checkpoint import open_checkpoint
from adapters.classifiers.transformer.options import ReadingOptions
from adapters.classifiers.transformer.tokenizing import open_tokenizer
from tests.checkpoints import Tensors

READING = ReadingOptions(max_length=48)


def random_head(width: int, categories: int, *, hidden: int = 0, seed: int = 0) -> Tensors:
    """Random weights of a head, with a hidden layer where its width is given."""
    generator = np.random.default_rng(seed)
    sizes = {"head.hidden": (hidden, width)} if hidden else {}
    sizes["head.logits"] = (categories, hidden or width)
    tensors: Tensors = {}
    for name, shape in sizes.items():
        tensors[f"{name}.weight"] = generator.normal(size=shape).astype(np.float32)
        tensors[f"{name}.bias"] = generator.normal(size=shape[0]).astype(np.float32)
    return tensors


def write_bundle(
    folder: Path,
    checkpoint: Path,
    *,
    categories: int = 5,
    int8: bool = False,
    seed: int = 0,
    reading: ReadingOptions = READING,
) -> Path:
    """Writes what a transformer's bundle holds into a folder, which it makes and returns: a checkpoint with a head."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = open_checkpoint(str(checkpoint))
    tensors = {**opened.tensors, **random_head(opened.config.hidden_size, categories, seed=seed)}
    storage.save(folder, tensors, opened.config, open_tokenizer(checkpoint, reading), reading, int8=int8)
    return folder
