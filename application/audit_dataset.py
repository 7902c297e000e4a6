"""Use case: audit the labels and texts of a source of papers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from application.audit.duplicates import Duplicates, find_duplicates
from application.audit.label_problems import LabelProblem, label_problems
from application.audit.opinion import Opinion, PapersBySplit
from application.audit.suspects import Doubts, doubts_of
from application.papers.label_checks import refuse_other_labels
from application.papers.sampling import uniform_sample
from domain.errors import InvalidInputError
from domain.label import LabelSet
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord
from domain.ports.near_duplicates import NearDuplicates
from domain.taxonomy import Taxonomy

ALL = "all"
Placed = tuple[str, LabelledAbstract]


@dataclass(frozen=True, slots=True)
class Audit:
    """The findings of an audit. Rows are positions in `papers`."""

    read: PapersBySplit
    opinion: Opinion
    doubts: Doubts
    duplicates: Duplicates
    problems: tuple[LabelProblem, ...]


class AuditDataset:
    """Looks for wrong labels, near-duplicates, missing twins and retired categories."""

    def __init__(self, every: Taxonomy, index: NearDuplicates) -> None:
        self._every = every
        self._index = index

    def __call__(
        self, read: PapersBySplit, opinion_on: Callable[[PapersBySplit, Duplicates], Opinion], *, most: int
    ) -> Audit:
        """Returns the findings, with at most `most` suspect papers.

        `opinion_on` gets the papers and their near-duplicates, which out-of-fold predictions keep in one fold. Raises
        InvalidInputError if there are no papers, or if none has a label of the model.
        """
        if not read.papers:
            raise InvalidInputError(f"{read.source} holds no papers.")
        duplicates = find_duplicates(read.papers, read.splits, self._index)
        opinion = opinion_on(read, duplicates)
        refuse_other_labels(read.papers, opinion.taxonomy, opinion.by, read.source)
        doubts = doubts_of(
            read.papers, opinion.probabilities, opinion.taxonomy, opinion.thresholds, twins=self._every, most=most
        )
        of_arxiv = opinion.taxonomy.label_set == LabelSet.ARXIV
        problems = tuple(label_problems(read.papers, self._every)) if of_arxiv else ()
        return Audit(read, opinion, doubts, duplicates, problems)


def read_by_split(
    dataset: Dataset,
    on_bad_record: OnBadRecord,
    *,
    counting: Callable[[Iterator[Placed]], Iterator[Placed]] = lambda papers: papers,
    limit_samples: int | None = None,
    seed: int = 0,
) -> PapersBySplit:
    """Reads the papers of a source split by split, or a random sample of them in their order.

    Each paper passes through `counting` with its split.
    """
    placed = uniform_sample(counting(_placed(dataset, on_bad_record)), limit_samples, seed=seed)
    splits, papers = zip(*placed, strict=True) if placed else ((), ())
    return PapersBySplit(dataset.name, papers, splits)


def _placed(dataset: Dataset, on_bad_record: OnBadRecord) -> Iterator[Placed]:
    for split in dataset.own_splits or (None,):
        name = ALL if split is None else str(split)
        for paper in dataset.papers(split, on_bad_record):
            yield name, paper
