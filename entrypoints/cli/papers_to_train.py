"""Reads the papers of a training, and chooses the labels that a model learns from them."""

from typing import TYPE_CHECKING

from domain.errors import ArxivClassifierError
from domain.ports.dataset import Dataset
from domain.taxonomy import Taxonomy
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.composition_report import tell_make_up
from entrypoints.shares import shares_of

if TYPE_CHECKING:
    from application.papers.splitting import Splits
    from entrypoints.container import Container


def papers_to_train(
    container: "Container", dataset: Dataset, bad_records: BadRecords, *, strict: bool
) -> "tuple[Splits, Taxonomy]":
    """Returns the splits of a data set, held in memory, and the labels of the training papers or of the settings.

    Raises InvalidInputError if too many records cannot be read, or if papers have none of the labels.
    """
    from application.papers.label_checks import refuse_unlabelled
    from application.papers.population import weighed
    from application.papers.readability import CountedDataset
    from application.papers.splitting import SplitPolicy, read_splits

    settings = container.settings()
    counted = CountedDataset(dataset)
    try:
        splits = read_splits(
            counted,
            SplitPolicy(settings.split_by),
            limit_samples=settings.limit_samples,
            seed=settings.seed,
            on_bad_record=bad_records,
            strict=strict,
        )
    except ArxivClassifierError:
        counted.refuse_unreadable(settings.max_unreadable)  # mistakes in the records may be the cause
        raise
    counted.refuse_unreadable(settings.max_unreadable)
    splits = weighed(splits, shares_of(settings), dataset.name)
    taxonomy = container.taxonomy(splits.train)
    refuse_unlabelled(splits, taxonomy, dataset.name)
    tell_make_up(splits, taxonomy)
    return splits, taxonomy
