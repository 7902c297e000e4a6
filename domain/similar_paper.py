"""The papers of an index, and their similarity to a query."""

from dataclasses import dataclass

from domain.abstract import Abstract
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract


@dataclass(frozen=True, slots=True)
class PaperToIndex:
    """An abstract with its categories, primary first, or with none if they are unknown."""

    abstract: Abstract
    categories: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexedPaper:
    """The part of a paper that an index returns: identifier and title, empty if missing, and categories."""

    id: str
    title: str
    categories: tuple[str, ...]

    @classmethod
    def of(cls, paper: LabelledAbstract | PaperToIndex) -> "IndexedPaper":
        """Returns the part of a paper that an index keeps."""
        abstract = paper.abstract
        return cls(abstract.id or "", abstract.title or "", tuple(map(str, paper.categories)))


@dataclass(frozen=True, slots=True)
class SimilarPaper:
    """A paper of an index, with the cosine of its vector and the query's, at most 1."""

    paper: IndexedPaper
    similarity: float
