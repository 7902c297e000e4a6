"""Chooses the papers of a source on which a model is evaluated."""

from collections.abc import Collection, Iterator

from application.papers.splitting import SplitPolicy, placed_papers
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split


def papers_of_split(
    dataset: Dataset, split: Split | None, policy: SplitPolicy, on_bad_record: OnBadRecord
) -> Iterator[LabelledAbstract]:
    """Yields the papers of one split, or all for None. A source without that split is split by the policy."""
    if split is None or split in dataset.own_splits:
        yield from dataset.papers(split, on_bad_record)
        return
    for placed, paper in placed_papers(dataset, policy, on_bad_record):
        if placed == split:
            yield paper


def fair_split(dataset: Dataset, trained_on: Collection[str]) -> Split | None:
    """Returns the split that contains no training papers of the models, or None for the whole source.

    It is the test split if the source has its own splits or if its fingerprint is in `trained_on`.
    """
    if Split.TEST in dataset.own_splits or (trained_on and dataset.fingerprint() in trained_on):
        return Split.TEST
    return None
