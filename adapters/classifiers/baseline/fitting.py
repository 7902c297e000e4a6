"""Trains the network epoch by epoch, keeps the best epoch, and continues after a kill."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

from adapters.classifiers.baseline.batches import Batch, TrainingSet, batches
from adapters.classifiers.baseline.checkpoints import Checkpoints, Progress
from adapters.classifiers.baseline.network import (
    build_network,
    compile_network,
    load_weights,
    reseed,
    start_from_prior,
    weights_of,
)
from adapters.classifiers.baseline.options import BaselineOptions
from adapters.classifiers.baseline.serving import Weights
from adapters.classifiers.learning.array_files import ArrayFiles
from domain.errors import ConfigurationError
from domain.ports.classifier import Epoch, FitSession, Step

# So many batches of 1,024 papers map some 150 MB. Even after each step, releasing them made no measurable difference.
_STEPS_MAPPED = 64


@dataclass(frozen=True, slots=True)
class Fitting:
    """The settings of one training. `score` rates an epoch's weights, higher is better. `files` hold the data.

    Papers that `devices` cannot divide evenly are left out of the last batch.
    """

    data: TrainingSet
    files: ArrayFiles
    features: int
    options: BaselineOptions
    session: FitSession
    score: Callable[[Weights], float]
    devices: int = 1

    def run(self, checkpoints: Checkpoints) -> Weights:
        """Trains and returns the weights of the best epoch."""
        network, progress = self._start(checkpoints)
        for epoch in range(progress.epoch + 1, self.options.epochs + 1):
            if epoch - progress.best_epoch > self.options.patience and progress.best_epoch:
                break
            loss = self._epoch(network, epoch)
            weights = weights_of(network, self.data.timeline)
            score = self.score(weights) if np.isfinite(loss) else float("nan")
            if not np.isfinite(score):
                raise ConfigurationError(
                    f"The training diverged in epoch {epoch}: its loss is {loss}. Lower learning_rate."
                )
            progress = progress.after(epoch, score)
            checkpoints.save(network, progress, weights)
            self.session.on_epoch(Epoch(epoch, {"train_loss": loss, "validation_score": score}))
        return checkpoints.best()

    def _start(self, checkpoints: Checkpoints) -> tuple[keras.Model, Progress]:
        progress = checkpoints.progress()
        if progress.epoch:
            return checkpoints.network(), progress
        keras.utils.set_random_seed(self.session.seed)
        network = build_network(self.features, self.data.targets.shape[1], self.options, self.session.seed)
        compile_network(network, self.options, self._steps * self.options.epochs)
        start_from_prior(network, self.data.targets)
        self.files.release()
        return network, progress

    def _epoch(self, network: keras.Model, epoch: int) -> float:
        """Trains on all papers once and returns the mean training loss."""
        seed, options = self.session.seed, self.options
        reseed(network, seed, epoch)
        network.reset_metrics()
        loss = float("nan")
        drawn = batches(
            self.data,
            size=options.batch_size,
            title_dropout=options.title_dropout,
            month_dropout=options.month_dropout,
            seed=seed,
            epoch=epoch,
        )
        for number, batch in enumerate(map(self._even, drawn), start=1):
            if not len(batch):
                continue
            inputs = [batch.features, batch.weights, batch.months]
            loss = network.train_on_batch(inputs, batch.targets, sample_weight=batch.paper_weights)
            self.session.on_step(Step(epoch, number, self._steps))
            if number % _STEPS_MAPPED == 0:
                self.files.release()
        return float(np.asarray(loss))

    def _even(self, batch: Batch) -> Batch:
        return batch.first(len(batch) - len(batch) % self.devices)

    @property
    def _steps(self) -> int:
        """The number of batches in an epoch."""
        return -(-len(self.data) // self.options.batch_size)


def rebuilt(weights: Weights) -> keras.Model:
    """Returns a Keras network with these weights."""
    widths = tuple(len(layer.kernel) for layer in weights.layers)
    network = build_network(len(weights.table), len(weights.layers[-1].bias), BaselineOptions(hidden=widths), seed=0)
    load_weights(network, weights)
    return network
