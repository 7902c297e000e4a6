"""Checkpoints of a training: the network with its optimiser after the last epoch, and the best weights."""

import json
import shutil
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import keras

from adapters.classifiers.baseline.serving import Weights
from adapters.classifiers.baseline.storage import load_network, save_network
from adapters.files.whole import publish_folder

_STATE, _LAST, _BEST = "state.json", "last.keras", "best.safetensors"


@dataclass(frozen=True, slots=True)
class Progress:
    """The last finished epoch, and the best epoch with its score. An epoch is 0 if there is none."""

    epoch: int = 0
    best_epoch: int = 0
    best_score: float = float("-inf")

    def after(self, epoch: int, score: float) -> "Progress":
        """Returns the progress after an epoch with that score."""
        if self.best_epoch and score <= self.best_score:
            return replace(self, epoch=epoch)
        return Progress(epoch, epoch, score)


class Checkpoints:
    """A folder of checkpoints of one training, identified by a key of its data, options and seed.

    Each epoch is written to its own folder, which is then renamed, so that a kill leaves only complete epochs.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder / key

    def progress(self) -> Progress:
        """Returns the saved progress, or zeros if nothing was saved."""
        newest = self._newest()
        return Progress(**json.loads((newest / _STATE).read_text("utf-8"))) if newest else Progress()

    def network(self) -> keras.Model:
        """Returns the compiled network of the last finished epoch."""
        return keras.saving.load_model(self._saved() / _LAST)

    def best(self) -> Weights:
        """Returns the weights of the best epoch."""
        return load_network(self._saved() / _BEST)

    def save(self, network: keras.Model, progress: Progress, weights: Weights) -> None:
        """Saves an epoch, then removes earlier ones."""
        previous = self._newest()
        writing = self._folder / f"writing-{progress.epoch}"
        shutil.rmtree(writing, ignore_errors=True)
        writing.mkdir(parents=True)
        network.save(writing / _LAST)
        if progress.best_epoch == progress.epoch or previous is None:
            save_network(weights, writing / _BEST)
        else:
            shutil.copyfile(previous / _BEST, writing / _BEST)
        (writing / _STATE).write_text(json.dumps(asdict(progress)), "utf-8")
        publish_folder(writing, self._folder / f"epoch-{progress.epoch:04d}")
        if previous is not None:
            shutil.rmtree(previous)

    def _newest(self) -> Path | None:
        return max(self._folder.glob("epoch-*"), default=None)

    def _saved(self) -> Path:
        newest = self._newest()
        if newest is None:
            raise ValueError(f"no finished epoch in {self._folder}")
        return newest
