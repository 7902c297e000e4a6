"""Embedding in the processes of an engine."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import IncompatibleModelError
from domain.model_bundle import StoredModel
from domain.ports.embedder import Embedder
from domain.ports.engine import Engine
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from application.embed_on_engine import Batch, EmbedOnEngine, Vectors


@dataclass(frozen=True, slots=True)
class EmbeddingOrder:
    """The model whose encoder embeds. `place`, `bundle` and `model` are as in `PartOrder`."""

    settings: Settings
    place: Path
    bundle: Path
    model: str
    fingerprint: str


def embed_on_engine(engine: Engine, settings: Settings, stored: StoredModel, embedder: Embedder) -> "EmbedOnEngine":
    """Returns what embeds papers with a stored model in the processes of an engine."""
    from application.embed_on_engine import EmbedOnEngine

    model = stored.shipped_as or stored.name
    order = EmbeddingOrder(settings, Path.cwd(), stored.folder.absolute(), model, embedder.fingerprint)
    return EmbedOnEngine(engine, partial(open_embedding_worker, order), embedder.dimensions)


def open_embedding_worker(order: EmbeddingOrder) -> "Callable[[Batch], Vectors]":
    """Returns a function that embeds batches. Raises IncompatibleModelError if this machine has another encoder."""
    with suppress(OSError):
        os.chdir(order.place)
    from application.embed_on_engine import embedding_worker
    from entrypoints.container import container_of

    reference = str(order.bundle) if order.bundle.is_dir() else order.model
    stored, embedder = container_of(order.settings).embedder(reference)
    if embedder.fingerprint != order.fingerprint:
        raise IncompatibleModelError(
            f"The encoder of {order.model} of a node is another one ({stored.name}). Install the same version of the "
            "program on all nodes, or put the model on a disk that all share, and name its path."
        )
    return embedding_worker(embedder)
