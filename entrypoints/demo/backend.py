"""What the page asks: models, categories, predictions. The API at an address, or the models in this process."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model by the name that it is asked for by, and the threshold of categories that have none of their own."""

    name: str
    threshold: float


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category of a paper with its probability and the model's threshold for it, and what it is called."""

    label: str
    probability: float
    threshold: float
    name: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """A term and what it adds to the logit."""

    term: str
    contribution: float


@dataclass(frozen=True, slots=True)
class Classified:
    """What a model says of a paper: every category, most probable first, and the words of the first few."""

    model: str
    rows: tuple[CategoryRow, ...]
    words: dict[str, tuple[Word, ...]] = field(default_factory=dict)
    method: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as it is typed or uploaded."""

    abstract: str
    title: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A paper of an index."""

    id: str
    title: str
    categories: tuple[str, ...]
    similarity: float


class Backend(Protocol):
    """Answers the page; what cannot be answered is an ArxivClassifierError whose text is fit to be shown."""

    @abstractmethod
    def models(self) -> tuple[ModelInfo, ...]:
        """The models there are, the default first."""

    @abstractmethod
    def classify(self, model: str, paper: Paper, *, explained: int = 0) -> Classified:
        """All categories of one paper; the words of the most probable `explained` ones."""

    @abstractmethod
    def classify_many(self, model: str, papers: Sequence[Paper]) -> list[list[tuple[str, float]]]:
        """The categories that the model gives each paper with their probabilities, most probable first."""

    @abstractmethod
    def similar(self, paper: Paper, *, count: int) -> tuple[Neighbour, ...] | None:
        """The most similar papers, or None where there is no index."""
