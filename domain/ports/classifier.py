"""Ports: classifiers that give category probabilities, and classifiers that can be trained."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from domain.abstract import Abstract
from domain.checkpoint import Checkpoint, go_on
from domain.labelled_abstract import LabelledAbstract
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy


class Classifier(Protocol):
    """Predicts one row of probabilities per abstract."""

    @property
    @abstractmethod
    def taxonomy(self) -> Taxonomy:
        """The categories in column order."""

    @abstractmethod
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        """Returns one row per abstract, in the order given. A row does not depend on the other abstracts.

        `checkpoint` is called between batches, and before each abstract that takes more than some milliseconds. An
        error that it raises is passed on, and the classifier can be used again.
        """


# Files and folders of a workspace whose names begin like this are of no use after a kill.
TEMPORARY = "temporary-"

# The metrics that epochs may report. Every kind of classifier reports the last one.
EPOCH_METRICS = ("train_loss", "validation_score")


@dataclass(frozen=True, slots=True)
class Epoch:
    """The number of a finished epoch, from 1, and its metrics by name."""

    number: int
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Step:
    """A finished training step: its epoch and its number in the epoch, both from 1, and the epoch's number of steps."""

    epoch: int
    number: int
    steps: int


@dataclass(frozen=True, slots=True)
class FitSession:
    """The settings of one training run.

    `workspace` is a folder for checkpoints. If a fit was killed, another one with the same data, options, seed and
    workspace continues after the last finished epoch. Files named `temporary-...` are removed then.
    `score` rates the predictions for the validation papers, higher is better. It decides which epoch is kept.
    """

    seed: int
    workspace: Path
    score: Callable[[PredictionBatch], float]
    on_epoch: Callable[[Epoch], None] = lambda epoch: None
    on_step: Callable[[Step], None] = lambda step: None


class TrainableClassifier(Classifier, Protocol):
    """A classifier that learns from labelled abstracts and can be saved in a folder."""

    @abstractmethod
    def fit(
        self,
        training: Sequence[LabelledAbstract],
        validation: Sequence[LabelledAbstract],
        session: FitSession,
    ) -> None:
        """Learns from `training`. `validation` decides when to stop and which epoch is kept."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Writes everything that `ClassifierFamily.load` needs into an existing folder."""

    def unrounded(self) -> Classifier | None:
        """Returns the classifier before its weights were rounded for serving, or None if they are not rounded."""
        return None


class ClassifierFamily(Protocol):
    """The operations of one kind of classifier: create one for training, and load one from a folder."""

    @abstractmethod
    def trainable(self, taxonomy: Taxonomy, options: Mapping[str, object]) -> TrainableClassifier:
        """Returns a classifier to be trained. Raises ConfigurationError for an unknown or bad option."""

    @abstractmethod
    def load(self, folder: Path, taxonomy: Taxonomy) -> Classifier:
        """Returns the classifier that `save` wrote, without pickle, network or a training library."""

    @abstractmethod
    def export(self, folder: Path, taxonomy: Taxonomy, *, format: str, path: Path) -> None:
        """Writes the model that `save` left in `folder` to a new file in another format.

        Raises ConfigurationError with the known formats for an unknown one. May need training libraries.
        """

    @abstractmethod
    def effective_options(self, options: Mapping[str, object]) -> Mapping[str, object]:
        """Returns the options with every default filled in, as values that JSON can hold."""
