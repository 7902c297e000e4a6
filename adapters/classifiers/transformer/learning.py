"""Sets up a training: the whole network, or only the head on vectors that are made once."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.transformer.batches import Batch, Schedule, TokenSet, batches, drawn_batches
from adapters.classifiers.transformer.checkpoints.checkpoint import Checkpoint
from adapters.classifiers.transformer.fitting import Fitting
from adapters.classifiers.transformer.network import (
    build_head,
    build_network,
    freeze,
    head_tensors,
    load_encoder,
    load_head,
    start_from_prior,
    tensors_of,
)
from adapters.classifiers.transformer.options import TransformerOptions
from adapters.classifiers.transformer.tokenizing import Tokens
from adapters.classifiers.transformer.training_checkpoints import Checkpoints, Tensors
from adapters.classifiers.transformer.vectors import embed_tokens, head_probabilities
from domain.ports.classifier import FitSession


@dataclass(frozen=True, slots=True)
class Learner:
    """One training from a checkpoint, in Keras' precision `policy`.

    `score` rates an epoch's weights. `judge` rates raw probabilities of the validation papers, which are read as in
    serving. `taxonomy` is the fingerprint of the categories of the targets.
    """

    checkpoint: Checkpoint
    data: TokenSet
    options: TransformerOptions
    session: FitSession
    policy: str
    score: Callable[[Tensors], float]
    judge: Callable[[NDArray[np.float32]], float]
    validation: Tokens
    taxonomy: str = ""

    def run(self, checkpoints: Checkpoints) -> Tensors:
        """Trains and returns the weights of the best epoch, encoder and head, under Hugging Face's names."""
        fitting = self._head_alone(checkpoints.folder) if self.options.freeze_encoder else self._whole()
        return fitting.run(checkpoints)

    def _whole(self) -> Fitting:
        schedule = self._schedule()
        config = self.checkpoint.config
        return Fitting(
            start=self._network,
            batches=lambda epoch: batches(self.data, schedule, epoch),
            steps=schedule.steps(len(self.data)),
            blocks=config.num_hidden_layers,
            options=self.options,
            session=self.session,
            weights=lambda network: tensors_of(network, config),
            score=self.score,
        )

    def _network(self) -> keras.Model:
        config, targets = self.checkpoint.config, self.data.targets
        network = build_network(config, targets.shape[1], self.options, seed=self.session.seed, policy=self.policy)
        load_encoder(network, config, self.checkpoint.tensors)
        freeze(network, self.options.frozen_layers)
        self._start_head(network, targets)
        return network

    def _head_alone(self, folder: Path) -> Fitting:
        titled, untitled = self._vectors(folder)
        validation = self._embedded("validation", self.validation, folder)
        schedule = self._schedule()
        return Fitting(
            start=self._head,
            batches=lambda epoch: self._vector_batches(titled, untitled, schedule, epoch),
            steps=schedule.steps(len(self.data)),
            blocks=0,
            options=self.options,
            session=self.session,
            weights=lambda network: {**self.checkpoint.tensors, **head_tensors(network)},
            score=lambda tensors: self.judge(head_probabilities(tensors, validation)),
        )

    def _head(self) -> keras.Model:
        targets = self.data.targets
        head = build_head(self.checkpoint.config.hidden_size, targets.shape[1], self.options, seed=self.session.seed)
        self._start_head(head, targets)
        return head

    def _start_head(self, network: keras.Model, targets: NDArray[np.uint8]) -> None:
        """Starts from the checkpoint's head if it was trained on these categories, else from the prior."""
        known = self.checkpoint.taxonomy == self.taxonomy
        if not known or not load_head(network, self.checkpoint.head):
            start_from_prior(network, targets)

    def _vectors(self, folder: Path) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Returns the vectors of all papers with and without titles, made once and kept beside the checkpoints.

        If no title is left out in training, the vectors with titles are returned twice.
        """
        made = []
        readings = [("titled", self.data.with_titles), ("untitled", self.data.without_titles)]
        for name, tokens in readings if self.options.title_dropout else readings[:1]:
            made.append(self._embedded(name, tokens, folder))
        return made[0], made[-1]

    def _embedded(self, name: str, tokens: Tokens, folder: Path) -> NDArray[np.float32]:
        digest = hashlib.sha256(tokens.ids.tobytes() + tokens.offsets.tobytes()).hexdigest()[:16]
        return embed_tokens(self.checkpoint, self.options, tokens, folder / f"vectors-{name}-{digest}.npy")

    def _vector_batches(
        self, titled: NDArray[np.float32], untitled: NDArray[np.float32], schedule: Schedule, epoch: int
    ) -> Iterator[Batch]:
        for rows, without_title, weights in drawn_batches(self.data, schedule, epoch):
            vectors = np.where(without_title[:, None], untitled[rows], titled[rows])
            yield Batch(vectors, self.data.targets[rows].astype(np.float32), weights)

    def _schedule(self) -> Schedule:
        options = self.options
        return Schedule(options.batch_size, options.title_dropout, options.papers_per_epoch, self.session.seed)
