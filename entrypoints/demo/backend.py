"""What the page asks: models, categories, predictions. The API at an address, or the models in this process."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.explanation import Span


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model by the name that it is asked for by, and the threshold of categories that have none of their own.

    `shipped_as` is the name of a model that comes with the program.
    """

    name: str
    threshold: float
    shipped_as: str = ""


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category of a paper with its probability and the model's threshold for it, and what it is called."""

    label: str
    probability: float
    threshold: float
    name: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Classified:
    """What a model says of a paper: every category, most probable first, and what is the matter with the text."""

    model: str
    rows: tuple[CategoryRow, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """The categories that a model gives a paper with their probabilities, most probable first, and its warnings."""

    labels: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """A term, what it adds to the logit, and where it stands if that is known."""

    term: str
    contribution: float
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasons:
    """The words with the largest contributions to a category's logit.

    Where contributions add up, they, `base` and `others` make the logit; elsewhere `base` is None and `others` is 0.
    A category that was closed in the month of the paper has no words, and its `logit` is None.
    """

    method: str
    words: tuple[Word, ...]
    logit: float | None = 0.0
    base: float | None = None
    others: float = 0.0


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as it is typed, uploaded or fetched.

    `date` is the month or day it was filed, and `categories` are its true ones, the primary first, where that is known.
    """

    abstract: str
    title: str = ""
    id: str = ""
    date: str = ""
    categories: tuple[str, ...] = ()


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
    def classify(self, model: str, paper: Paper) -> Classified:
        """All categories of one paper."""

    @abstractmethod
    def explain(self, model: str, paper: Paper) -> dict[str, Reasons]:
        """For each category of one paper the words that its probability comes from."""

    @abstractmethod
    def classify_many(self, model: str, papers: Sequence[Paper]) -> list[Given]:
        """What the model gives each paper."""

    @abstractmethod
    def has_index(self) -> bool:
        """Whether there are papers to find similar ones among."""

    @abstractmethod
    def similar(self, paper: Paper, *, count: int) -> tuple[Neighbour, ...] | None:
        """Returns the most similar papers, None without an index."""
