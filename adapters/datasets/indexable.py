"""Reads papers to index from any source of papers."""

from collections.abc import Iterator

from adapters.datasets.files import PaperFiles
from domain.ports.dataset import Dataset, OnBadRecord
from domain.similar_paper import PaperToIndex


def papers_to_index(dataset: Dataset, on_bad_record: OnBadRecord) -> Iterator[PaperToIndex]:
    """Yields all papers of a source in its order. Only files may lack categories."""
    if isinstance(dataset, PaperFiles):
        yield from dataset.papers_to_index(on_bad_record)
        return
    for paper in dataset.papers(None, on_bad_record):
        yield PaperToIndex(paper.abstract, paper.categories)
