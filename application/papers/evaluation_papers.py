"""Which papers of a source a model is measured on."""

from collections.abc import Collection, Iterator

from application.papers.splitting import SplitPolicy, placed_papers
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split


def papers_of_split(
    dataset: Dataset, split: Split | None, policy: SplitPolicy, on_bad_record: OnBadRecord
) -> Iterator[LabelledAbstract]:
    """The papers of one split, or all for None: the source's own split where it has one, else what the policy says."""
    if split is None or split in dataset.own_splits:
        yield from dataset.papers(split, on_bad_record)
        return
    for placed, paper in placed_papers(dataset, policy, on_bad_record):
        if placed == split:
            yield paper


def fair_split(dataset: Dataset, trained_on: Collection[str]) -> Split | None:
    """The split that holds nothing the models have learnt from.

    That is the test split of a source with splits of its own, and of a source whose fingerprint is in `trained_on`.
    Any other source is fair as a whole, which None says.
    """
    if Split.TEST in dataset.own_splits or (trained_on and dataset.fingerprint() in trained_on):
        return Split.TEST
    return None
