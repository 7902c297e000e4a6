"""Port: something that gives category probabilities, and something that can be trained to."""

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
    """Reads abstracts, gives one row of probabilities for each."""

    @property
    @abstractmethod
    def taxonomy(self) -> Taxonomy:
        """The categories it knows, in column order."""

    @abstractmethod
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        """One row per abstract, in the order given; an abstract's row does not depend on its neighbours.

        `checkpoint` is called before each abstract that takes longer than some milliseconds, else before each part of
        many. It may raise to stop the work: its error comes out of `predict`, and the classifier can be used again.
        """


# What epochs may report; those of every kind report the last one.
EPOCH_METRICS = ("train_loss", "validation_score")


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one finished epoch reports: its number from 1, and metrics by name."""

    number: int
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Step:
    """One finished step: the number of its epoch and its own in it, both from 1, and how many steps the epoch has."""

    epoch: int
    number: int
    steps: int


@dataclass(frozen=True, slots=True)
class FitSession:
    """How one training is run.

    `workspace` is a folder for checkpoints: a fit that was killed and is started again with the same
    data, options and seed in the same workspace goes on after its last finished epoch.
    `score` judges the predictions for the validation papers, higher is better; it decides which epoch is kept.
    """

    seed: int
    workspace: Path
    score: Callable[[PredictionBatch], float]
    on_epoch: Callable[[Epoch], None] = lambda epoch: None
    on_step: Callable[[Step], None] = lambda step: None


class TrainableClassifier(Classifier, Protocol):
    """A classifier that learns from labelled abstracts and can be written to a folder."""

    @abstractmethod
    def fit(
        self,
        training: Sequence[LabelledAbstract],
        validation: Sequence[LabelledAbstract],
        session: FitSession,
    ) -> None:
        """Learns from `training`; `validation` decides when to stop and which epoch is kept."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Writes what `ClassifierFamily.load` needs into an existing folder."""

    def unrounded(self) -> Classifier | None:
        """The trained classifier as it was before its weights were rounded for serving; None where they were not."""
        return None


class ClassifierFamily(Protocol):
    """All a kind of classifier can do: be trained anew, be loaded from a folder."""

    @abstractmethod
    def trainable(self, taxonomy: Taxonomy, options: Mapping[str, object]) -> TrainableClassifier:
        """A classifier to be trained; an unknown or bad option is a ConfigurationError."""

    @abstractmethod
    def load(self, folder: Path, taxonomy: Taxonomy) -> Classifier:
        """The classifier that `save` wrote; never a pickle, never the network, no training library."""

    @abstractmethod
    def export(self, folder: Path, taxonomy: Taxonomy, *, format: str, path: Path) -> None:
        """Writes the model that `save` left in `folder` to a new file in another format.

        An unknown format is a ConfigurationError naming the known ones. Training libraries may be needed.
        """

    @abstractmethod
    def effective_options(self, options: Mapping[str, object]) -> Mapping[str, object]:
        """The options with every default filled in, as JSON-ready values for the manifest."""
