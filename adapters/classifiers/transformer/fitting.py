"""Trains a network step by step, keeps the best epoch, and continues after a kill."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import keras
import numpy as np
from keras import layers

from adapters.classifiers.learning.losses import loss_of
from adapters.classifiers.transformer.batches import Batch
from adapters.classifiers.transformer.encoder import Embeddings, EncoderBlock
from adapters.classifiers.transformer.optimiser import optimiser
from adapters.classifiers.transformer.options import TransformerOptions
from adapters.classifiers.transformer.training_checkpoints import Checkpoints, Progress, Tensors
from domain.errors import ConfigurationError
from domain.log_events import log_event
from domain.ports.classifier import Epoch, FitSession, Step

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fitting:
    """The settings of one training.

    `start` builds the network, `batches` returns the batches of an epoch, and `steps` is their number. `weights` reads
    a network's weights, and `score` rates them, higher is better.
    """

    start: Callable[[], keras.Model]
    batches: Callable[[int], Iterator[Batch]]
    steps: int
    blocks: int
    options: TransformerOptions
    session: FitSession
    weights: Callable[[keras.Model], Tensors]
    score: Callable[[Tensors], float]

    def run(self, checkpoints: Checkpoints) -> Tensors:
        """Trains and returns the weights of the best epoch."""
        progress = checkpoints.progress()
        network = self._compiled()
        checkpoints.restore(network)
        while progress.epoch <= self.options.epochs:
            if progress.best_epoch and progress.epoch - progress.best_epoch > self.options.patience:
                break
            progress = self._finish_epoch(network, progress, checkpoints)
        return checkpoints.best()

    def _compiled(self) -> keras.Model:
        keras.utils.set_random_seed(self.session.seed)
        network = self.start()
        rates = optimiser(self.options, self.blocks, self.steps * self.options.epochs)
        # Only JAX gains from compiling. TensorFlow's XLA is not faster on a CPU and compiles each new length.
        jit = "auto" if keras.backend.backend() == "jax" else False
        network.compile(optimizer=rates, loss=loss_of(self.options), jit_compile=jit)
        rates.build(network.trainable_variables)  # now, so that a checkpoint can be restored into it
        return network

    def _finish_epoch(self, network: keras.Model, progress: Progress, checkpoints: Checkpoints) -> Progress:
        """Trains on the rest of an epoch."""
        for batch in islice(self.batches(progress.epoch), progress.step, None):
            if progress.step % self.options.checkpoint_steps == 0:
                reseed(network, self.session.seed, progress.epoch, progress.step)
            progress = progress.further(_step(network, batch))
            self.session.on_step(Step(progress.epoch, progress.step, self.steps))
            if progress.step % self.options.checkpoint_steps == 0 and progress.step < self.steps:
                checkpoints.save(network, progress)
                self._tell(progress)
        return self._judge(network, progress, checkpoints)

    def _tell(self, progress: Progress) -> None:
        loss = progress.loss / progress.step
        log_event(
            _logger,
            "checkpoint_written",
            f"epoch {progress.epoch}, step {progress.step} of {self.steps}: loss {loss:.4f}",
            epoch=progress.epoch,
            step=progress.step,
            steps=self.steps,
            loss=loss,
        )

    def _judge(self, network: keras.Model, progress: Progress, checkpoints: Checkpoints) -> Progress:
        loss = progress.loss / max(1, progress.step)
        weights = self.weights(network)
        score = self.score(weights) if np.isfinite(loss) else float("nan")
        if not np.isfinite(score):
            raise ConfigurationError(
                f"The training diverged in epoch {progress.epoch}: its loss is {loss}. Lower learning_rate."
            )
        following = progress.next_epoch(score)
        checkpoints.save(network, following, weights if following.best_epoch == progress.epoch else None)
        self.session.on_epoch(Epoch(progress.epoch, {"train_loss": loss, "validation_score": score}))
        return following


def _step(network: keras.Model, batch: Batch) -> float:
    """Trains on one batch, or on its halves if the device's memory is too small."""
    try:
        network.reset_metrics()
        loss = network.train_on_batch(batch.inputs, batch.targets, sample_weight=batch.paper_weights)
        return float(np.asarray(loss))
    except Exception as error:
        if len(batch.targets) < 2 or not _is_out_of_memory(error):
            raise
    log_event(
        _logger,
        "batch_halved",
        f"A batch of {len(batch.targets)} papers does not fit the memory. It is trained on in halves.",
        level=logging.WARNING,
        papers=len(batch.targets),
    )
    return sum(_step(network, half) for half in batch.halves()) / 2


def _is_out_of_memory(error: Exception) -> bool:
    """Returns whether an error of any backend means that memory ran out.

    TensorFlow raises ResourceExhaustedError, torch OutOfMemoryError, JAX RESOURCE_EXHAUSTED, numpy MemoryError.
    """
    name, text = type(error).__name__, str(error)
    return (
        isinstance(error, MemoryError)
        or name in ("ResourceExhaustedError", "OutOfMemoryError")
        or "RESOURCE_EXHAUSTED" in text
        or "can't allocate memory" in text
    )


def reseed(network: keras.Model, seed: int, epoch: int, step: int) -> None:
    """Sets the random state of every dropout for this step, independent of what ran before."""
    for number, dropout in enumerate(_dropouts(network)):
        if dropout.rate > 0:
            state = dropout.seed_generator.state
            dtype = keras.backend.standardize_dtype(state.dtype)
            state.assign(np.array([seed % 2**31, (epoch * 1_000_003 + step * 1009 + number) % 2**31], dtype=dtype))
    if keras.backend.backend() == "torch":
        import torch

        # With torch, Keras' dropouts without a seed use torch's own generator.
        torch.manual_seed((seed * 1_000_000_007 + epoch * 1_000_003 + step * 1009) % 2**63)


def _dropouts(network: keras.Model) -> Iterator[Any]:
    for layer in network.layers:
        if isinstance(layer, Embeddings):
            yield layer.dropout
        elif isinstance(layer, EncoderBlock):
            yield from (layer.dropout, layer.attention_dropout)
        elif isinstance(layer, layers.Dropout):
            yield layer
