"""Checkpoints of a training: the network with its optimiser after some step, and the best epoch's weights."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from adapters.files.whole import publish_folder

_STATE, _LAST, _BEST = "state.json", "last.safetensors", "best.safetensors"
Tensors = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class Progress:
    """The epoch and step reached, the loss summed over the epoch's steps, and the best epoch so far.

    Epochs count from 1. A step of 0 means that the epoch has not begun. A best epoch of 0 means that there is none.
    """

    epoch: int = 1
    step: int = 0
    loss: float = 0.0
    best_epoch: int = 0
    best_score: float = float("-inf")

    def further(self, loss: float) -> "Progress":
        """Returns the progress after one more step with that loss."""
        return Progress(self.epoch, self.step + 1, self.loss + loss, self.best_epoch, self.best_score)

    def next_epoch(self, score: float) -> "Progress":
        """Returns the progress after the current epoch has ended with that score."""
        if self.best_epoch and score <= self.best_score:
            return Progress(self.epoch + 1, 0, 0.0, self.best_epoch, self.best_score)
        return Progress(self.epoch + 1, 0, 0.0, self.epoch, score)


class Checkpoints:
    """A folder of checkpoints of one training, identified by a key of its data, options and seed.

    Each is written to its own folder, which is then renamed, so that a kill leaves only complete ones.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder / key

    @property
    def folder(self) -> Path:
        """The folder, which may also hold other files that help a restart."""
        return self._folder

    def progress(self) -> Progress:
        """Returns the saved progress, or the start if nothing was saved."""
        newest = self._newest()
        return Progress(**json.loads((newest / _STATE).read_text("utf-8"))) if newest else Progress()

    def restore(self, network: keras.Model) -> None:
        """Sets a compiled network and its built optimiser to the newest checkpoint's state, if there is one.

        The network must have the same layers, frozen in the same way.
        """
        newest = self._newest()
        if newest is None:
            return
        saved = load_file(newest / _LAST)
        for name, variable in _variables(network):
            variable.assign(saved[name])

    def best(self) -> Tensors:
        """Returns the weights of the best epoch."""
        newest = self._newest()
        if newest is None:
            raise ValueError(f"no finished epoch in {self._folder}")
        return load_file(newest / _BEST)

    def save(self, network: keras.Model, progress: Progress, best: Tensors | None = None) -> None:
        """Saves a checkpoint, with the weights of an epoch that just became best, and removes earlier checkpoints."""
        previous = self._newest()
        name = f"{progress.epoch:05d}-{progress.step:08d}"
        writing = self._folder / f"writing-{name}"
        shutil.rmtree(writing, ignore_errors=True)
        writing.mkdir(parents=True)
        save_file({name: np.array(keras.ops.convert_to_numpy(v)) for name, v in _variables(network)}, writing / _LAST)
        if best is not None:
            save_file(dict(best), writing / _BEST)
        elif previous is not None and (previous / _BEST).is_file():
            shutil.copyfile(previous / _BEST, writing / _BEST)
        (writing / _STATE).write_text(json.dumps(asdict(progress)), "utf-8")
        written = self._folder / f"at-{name}"
        publish_folder(writing, written)
        for earlier in self._folder.glob("at-*"):  # several after a kill at this point
            if earlier != written:
                shutil.rmtree(earlier)

    def _newest(self) -> Path | None:
        return max(self._folder.glob("at-*"), default=None)


def _variables(network: keras.Model) -> Iterator[tuple[str, Any]]:
    """Yields everything that training changes, by name: weights, random states and the optimiser's state."""
    for owner, variables in (("network", network.variables), ("optimiser", network.optimizer.variables)):
        for number, variable in enumerate(variables):
            yield f"{owner}.{number:05d}", variable
