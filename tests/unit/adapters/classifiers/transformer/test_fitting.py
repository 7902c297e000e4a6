"""The loop of a training, on a network that only pretends to learn."""

import logging
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adapters.classifiers.transformer.batches import Batch
from adapters.classifiers.transformer.options import TransformerOptions
from domain.errors import ConfigurationError
from domain.ports.classifier import Epoch, FitSession
from tests.lazily import lazily, skip_without

skip_without("keras")
keras = lazily("keras")


class ResourceExhaustedError(Exception):
    """Has the name of what TensorFlow raises when memory is short."""


@cache
def pretending_model() -> type[Any]:
    """The class of a network that pretends; it is made once Keras is there."""

    class Pretending(keras.Model):  # type: ignore[misc,name-defined]  # Keras ships no types
        """Records its batches, has memory for a given number of papers, and counts its steps as its only weight."""

        room = 8
        error: Exception = MemoryError()
        loss_of_a_step = 1.0
        seen: list[list[int]] | None = None

        def train_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, **_: Any) -> float:
            """Does not train; the loss is the same each time."""
            if len(x) > self.room:
                raise self.error
            if self.seen is None:
                self.seen = []
            self.seen.append(x[:, 0].astype(int).tolist())
            self.weights[0].assign_add(np.ones((1, 1)))
            return self.loss_of_a_step

    return Pretending


def pretending(**attributes: Any) -> Any:
    """A network that has taken no step."""
    inputs = keras.Input((1,))
    network = pretending_model()(inputs, keras.layers.Dense(1, kernel_initializer="zeros", use_bias=False)(inputs))
    for name, value in attributes.items():
        setattr(network, name, value)
    return network


def run(network: Any, workspace: Path, scores: Sequence[float], **options: Any) -> tuple[float, list[Epoch]]:
    """How many steps the kept weights had seen, and the epochs reported; each epoch has 12 papers in 2 batches."""
    from adapters.classifiers.transformer.fitting import Fitting
    from adapters.classifiers.transformer.training_checkpoints import Checkpoints

    left = iter(scores)
    epochs: list[Epoch] = []
    fitting = Fitting(
        start=lambda: network,
        batches=lambda epoch: batches(),
        steps=2,
        blocks=0,
        options=TransformerOptions(epochs=len(scores), **options),
        session=FitSession(0, workspace, lambda batch: 0.0, epochs.append),
        weights=lambda network: {"steps": np.array(keras.ops.convert_to_numpy(network.weights[0]))},
        score=lambda weights: next(left),
    )
    kept = fitting.run(Checkpoints(workspace, "key"))
    return float(kept["steps"].item()), epochs


def batches() -> Iterator[Batch]:
    """Papers 0 to 7, then papers 8 to 11."""
    for papers in (range(8), range(8, 12)):
        numbers = np.array(papers, np.float32)[:, None]
        yield Batch(numbers, np.zeros_like(numbers), np.ones(len(numbers), np.float32))


def test_goes_through_every_epoch(tmp_path: Path) -> None:
    """Each epoch goes through its batches in order and reports the mean loss of its steps and its score."""
    network = pretending(loss_of_a_step=0.5)
    _, epochs = run(network, tmp_path, [0.1, 0.2])
    assert network.seen == [list(range(8)), list(range(8, 12))] * 2
    assert [epoch.number for epoch in epochs] == [1, 2]
    assert epochs[1].metrics == {"train_loss": 0.5, "validation_score": 0.2}


def test_keeps_the_best_epoch(tmp_path: Path) -> None:
    """The weights of the epoch with the highest score are kept, of equal ones those of the earliest."""
    steps, epochs = run(pretending(), tmp_path, [0.1, 0.3, 0.3, 0.2], patience=4)
    assert (steps, len(epochs)) == (4, 4)


def test_stops_when_patience_ends(tmp_path: Path) -> None:
    """Training ends after as many epochs without a better score as the patience."""
    steps, epochs = run(pretending(), tmp_path, [0.3, 0.2, 0.2, 0.9], patience=2)
    assert (steps, len(epochs)) == (2, 3)


@pytest.mark.parametrize(
    "error",
    [MemoryError(), ResourceExhaustedError("OOM"), RuntimeError("RESOURCE_EXHAUSTED: out of memory")],
    ids=["numpy", "tensorflow", "jax"],
)
def test_a_batch_beyond_memory_is_halved(error: Exception, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A batch that exceeds the device's memory is trained in halves without losing a paper, and this is logged."""
    network = pretending(room=3, error=error)
    with caplog.at_level(logging.WARNING):
        _, epochs = run(network, tmp_path, [0.1])
    assert network.seen == [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11]]
    assert epochs[0].metrics["train_loss"] == 1.0
    assert caplog.messages[0].startswith("A batch of 8 papers does not fit the memory")


def test_one_paper_beyond_memory_ends_the_training(tmp_path: Path) -> None:
    """If not even one paper fits, the device's error is raised."""
    with pytest.raises(ResourceExhaustedError):
        run(pretending(room=0, error=ResourceExhaustedError("OOM")), tmp_path, [0.1])


def test_other_errors_are_raised(tmp_path: Path) -> None:
    """An error that is not of memory is not tried again in halves."""
    network = pretending(room=3, error=RuntimeError("the shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes"):
        run(network, tmp_path, [0.1])
    assert network.seen is None


@pytest.mark.parametrize(("loss", "score"), [(float("nan"), 0.5), (float("inf"), 0.5), (1.0, float("nan"))])
def test_a_training_that_comes_apart_is_told(loss: float, score: float, tmp_path: Path) -> None:
    """A loss or score that is no number is a ConfigurationError that names the epoch and what to lower."""
    with pytest.raises(ConfigurationError, match=r"epoch 1.*Lower learning_rate"):
        run(pretending(loss_of_a_step=loss), tmp_path, [score])


def test_an_earlier_checkpoint_left_by_a_kill_goes(tmp_path: Path) -> None:
    """A kill may leave the checkpoint before the newest. The next one removes both."""
    (tmp_path / "key" / "at-00001-00000001").mkdir(parents=True)
    (tmp_path / "key" / "at-00001-00000001" / "state.json").write_text("{}", "utf-8")
    run(pretending(), tmp_path / "other", [0.1])
    (tmp_path / "other" / "key").rename(tmp_path / "key" / "whole")
    for folder in (tmp_path / "key" / "whole").iterdir():
        folder.rename(tmp_path / "key" / folder.name)
    (tmp_path / "key" / "whole").rmdir()
    run(pretending(), tmp_path, [0.1, 0.2])
    assert [path.name for path in (tmp_path / "key").iterdir()] == ["at-00003-00000000"]
