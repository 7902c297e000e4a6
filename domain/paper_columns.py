"""Labelled papers of which labels, months and weights are at hand, while texts are read when they are needed."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from domain.label import Label
from domain.labelled_abstract import LabelledAbstract

# Keeps papers for a training and returns them in order. `list` keeps them in memory.
KeepPapers = Callable[[Iterable[LabelledAbstract]], Sequence[LabelledAbstract]]


class PaperColumns(Sequence[LabelledAbstract]):
    """Papers by column. A slice is a PaperColumns too, and reads no text."""

    @abstractmethod
    def categories(self) -> Iterator[tuple[Label, ...]]:
        """Yields the categories of each paper."""

    @abstractmethod
    def months(self) -> Iterator[str | None]:
        """Yields the month (YYYY-MM) of each paper, or None if it has none."""

    @abstractmethod
    def weights(self) -> Sequence[float]:
        """Returns the weight of each paper."""

    @abstractmethod
    def chosen(self, rows: Sequence[int]) -> "PaperColumns":
        """Returns the papers with these numbers, in their order."""

    @abstractmethod
    def weighed(self, weights: Sequence[float]) -> "PaperColumns":
        """Returns the same papers with other weights."""


def categories_of(papers: Iterable[LabelledAbstract]) -> Iterator[tuple[Label, ...]]:
    """Returns the categories of each paper."""
    return papers.categories() if isinstance(papers, PaperColumns) else (paper.categories for paper in papers)


def months_of(papers: Iterable[LabelledAbstract]) -> Iterator[str | None]:
    """Returns the month (YYYY-MM) of each paper, or None if it has none."""
    return papers.months() if isinstance(papers, PaperColumns) else (paper.month for paper in papers)


def own_weights(papers: Sequence[LabelledAbstract]) -> Sequence[float]:
    """Returns the weight of each paper."""
    return papers.weights() if isinstance(papers, PaperColumns) else [paper.weight for paper in papers]


def primaries_with_weights(papers: Iterable[LabelledAbstract]) -> Iterator[tuple[Label, float]]:
    """Returns the first category and the weight of each paper."""
    if isinstance(papers, PaperColumns):
        return ((labels[0], weight) for labels, weight in zip(papers.categories(), papers.weights(), strict=True))
    return ((paper.primary, paper.weight) for paper in papers)


def chosen(papers: Sequence[LabelledAbstract], rows: Sequence[int]) -> Sequence[LabelledAbstract]:
    """Returns the papers with these numbers, in their order."""
    return papers.chosen(rows) if isinstance(papers, PaperColumns) else [papers[row] for row in rows]


def weighed_by(papers: Sequence[LabelledAbstract], weights: Sequence[float]) -> Sequence[LabelledAbstract]:
    """Returns the same papers with other weights."""
    if isinstance(papers, PaperColumns):
        return papers.weighed(weights)
    return [replace(paper, weight=weight) for paper, weight in zip(papers, weights, strict=True)]
