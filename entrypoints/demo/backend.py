"""What the page asks: models, categories, predictions. The API at an address, or the models in this process."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.explanation import Span


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model by the name that it is asked for by, and the threshold of categories that have none of their own.

    `shipped_as` is the name of a model that comes with the program. `labels` are the categories that it knows.
    """

    name: str
    threshold: float
    shipped_as: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category of a paper with its probability and the model's threshold for it, and what it is called.

    `alias` is the twin that arXiv lists with it, as math.IT with cs.IT; empty for most categories.
    """

    label: str
    probability: float
    threshold: float
    name: str = ""
    description: str = ""
    alias: str = ""


@dataclass(frozen=True, slots=True)
class AdvisedRow:
    """A category that a paper should be filed under, and the words of the paper that speak most for it."""

    label: str
    name: str
    probability: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advised:
    """What a paper should be filed under, in a sentence and by category; `primary` is None for a paper outside.

    `opinion` has a line on each category that was chosen, and `warnings` say what is not known.
    """

    answer: str
    primary: AdvisedRow | None
    cross_lists: tuple[AdvisedRow, ...] = ()
    opinion: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


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
    def advise(self, model: str, paper: Paper, chosen: str) -> Advised:
        """Returns advice on a paper, with an opinion on the chosen categories, which commas or spaces divide.

        A model with labels of its own, to which arXiv's rules do not apply, is an InvalidInputError.
        """

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
