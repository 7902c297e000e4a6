"""The requests of the page for models, categories and predictions, which the API or models in this process answer."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from domain.explanation import Span


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model by its name, with the threshold of categories that have none of their own.

    `shipped_as` is the name of a model that comes with the program. `labels` are the categories that it knows.
    `policies` are the names of its policies with their goals. `coverage` says whether it gives sets for a coverage.
    """

    name: str
    threshold: float
    shipped_as: str = ""
    labels: tuple[str, ...] = ()
    policies: tuple[tuple[str, str], ...] = ()
    coverage: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """A policy, or a coverage if there is no policy, which says which categories are given."""

    policy: str = ""
    coverage: float | None = None


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category of a paper with its name, its probability and the model's threshold for it.

    `alias` is the twin that arXiv lists with it, as math.IT with cs.IT. It is empty for most categories. `given` says
    whether a policy or a coverage gives it, and is None if thresholds decide.
    """

    label: str
    probability: float
    threshold: float
    name: str = ""
    description: str = ""
    alias: str = ""
    given: bool | None = None


@dataclass(frozen=True, slots=True)
class AdvisedRow:
    """An advised category, and the words of the paper that speak most for it."""

    label: str
    name: str
    probability: float
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advised:
    """Advice on a paper, in a sentence and by category. `primary` is None for a paper outside the model's categories.

    `opinion` has a line on each chosen category. `warnings` name what limits the advice.
    """

    answer: str
    primary: AdvisedRow | None
    cross_lists: tuple[AdvisedRow, ...] = ()
    opinion: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Classified:
    """The classification of a paper: every category, most probable first, and warnings about the text."""

    model: str
    rows: tuple[CategoryRow, ...]
    warnings: tuple[str, ...] = ()

    def giving(self, given: "Given") -> "Classified":
        """Returns the same with the categories that a policy or a coverage gives, and its warnings."""
        labels = {label for label, _ in given.labels}
        rows = tuple(replace(row, given=row.label in labels) for row in self.rows)
        return replace(self, rows=rows, warnings=tuple(dict.fromkeys((*self.warnings, *given.warnings))))


@dataclass(frozen=True, slots=True)
class Given:
    """The categories that a model gives a paper, most probable first, with their probabilities and warnings."""

    labels: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """A term, its contribution to the logit, and its place in the text if that is known."""

    term: str
    contribution: float
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Reasons:
    """The words with the largest contributions to a category's logit.

    If contributions add up, then they, `base` and `others` make the logit. Otherwise `base` is None and `others` is 0.
    A category that was closed in the month of the paper has no words, and its `logit` is None.
    """

    method: str
    words: tuple[Word, ...]
    logit: float | None = 0.0
    base: float | None = None
    others: float = 0.0


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that was typed, uploaded or fetched.

    `date` is the month or day on which it was filed. `categories` are its true ones, the primary first, if they are
    known.
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
    """Answers the page's requests. Raises ArxivClassifierError, whose text can be shown to visitors."""

    @abstractmethod
    def models(self) -> tuple[ModelInfo, ...]:
        """Returns all models, the default first."""

    @abstractmethod
    def classify(self, model: str, paper: Paper) -> Classified:
        """Returns all categories of one paper."""

    @abstractmethod
    def advise(self, model: str, paper: Paper, chosen: str) -> Advised:
        """Returns advice on a paper, with an opinion on the chosen categories, which commas or spaces divide.

        Raises InvalidInputError for a model with labels of its own, to which arXiv's rules do not apply.
        """

    @abstractmethod
    def explain(self, model: str, paper: Paper) -> dict[str, Reasons]:
        """Returns the words behind the probability of each of the categories of one paper."""

    @abstractmethod
    def given(self, model: str, paper: Paper, choice: Choice) -> Given:
        """Returns what a policy or a coverage of the model gives one paper."""

    @abstractmethod
    def classify_many(self, model: str, papers: Sequence[Paper]) -> list[Given]:
        """Returns the categories that the model gives each paper."""

    @abstractmethod
    def has_index(self) -> bool:
        """Returns whether there is an index of papers to search."""

    @abstractmethod
    def similar(self, paper: Paper, *, count: int) -> tuple[Neighbour, ...] | None:
        """Returns the most similar papers, or None without an index."""
