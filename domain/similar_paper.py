"""Papers that an index knows, and how alike they are to one that is asked about."""

from dataclasses import dataclass

from domain.abstract import Abstract
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract


@dataclass(frozen=True, slots=True)
class PaperToIndex:
    """An abstract with its categories, primary first; none where they are not known."""

    abstract: Abstract
    categories: tuple[Label, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexedPaper:
    """What is given back of a paper: its identifier and title, empty where it has none, and its categories."""

    id: str
    title: str
    categories: tuple[str, ...]

    @classmethod
    def of(cls, paper: LabelledAbstract | PaperToIndex) -> "IndexedPaper":
        """What an index keeps of a paper."""
        abstract = paper.abstract
        return cls(abstract.id or "", abstract.title or "", tuple(map(str, paper.categories)))


@dataclass(frozen=True, slots=True)
class SimilarPaper:
    """A paper of an index with the cosine of the angle between its vector and the query's, at most 1."""

    paper: IndexedPaper
    similarity: float
