"""Tiny models as they are served: random weights, written without Keras."""

from pathlib import Path

import numpy as np

from adapters.classifiers.baseline import storage as baseline_storage
from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.serving import Dense, Weights
from adapters.classifiers.baseline.vocabulary import Vocabulary
from adapters.classifiers.transformer import storage
from adapters.classifiers.transformer.checkpoints.checkpoint import open_checkpoint
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


def write_baseline(folder: Path, *, categories: int = 5) -> None:
    """Writes what a baseline's bundle holds into a folder: random weights of six terms and a pair."""
    random, hidden, terms = np.random.default_rng(3), 4, ("star", "galaxy", "black", "hole", "image", "brane")
    features = len(terms) + 1
    vocabulary = Vocabulary(terms, np.array([2 * len(terms) + 3]), np.ones(features, np.float32), unpaired=1)
    table = random.normal(size=(features, hidden + categories)).astype(np.float32)
    kernel = random.normal(size=(hidden, categories)).astype(np.float32)
    bias = random.normal(size=hidden + categories).astype(np.float32)
    weights = Weights(table, np.ones(features, np.float32), bias, (Dense(kernel, np.zeros(categories, np.float32)),))
    baseline_storage.save(folder, TextOptions(), vocabulary, weights)
