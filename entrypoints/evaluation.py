"""The choice of papers that models are measured on, for every interface."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Dataset, OnBadRecord, Split
from entrypoints.settings import Settings
from entrypoints.shares import shares_of

if TYPE_CHECKING:
    from application.open_model import LoadedModel

ALL = "all"
Papers = Iterator[LabelledAbstract]


def split_to_evaluate(dataset: Dataset, split: str | None, models: "Iterable[LoadedModel]") -> Split | None:
    """Returns the named split, or else the one that the models have not learnt from. None means all papers."""
    from application.papers.evaluation_papers import fair_split

    if split == ALL:
        return None
    if split is not None:
        return Split(split)
    return fair_split(dataset, {str(model.stored.card.data.get("fingerprint")) for model in models})


def papers_to_evaluate(
    dataset: Dataset,
    split: Split | None,
    settings: Settings,
    on_bad_record: OnBadRecord,
    counting: Callable[[Papers], Iterable[LabelledAbstract]] = lambda papers: papers,
) -> list[LabelledAbstract]:
    """Returns the papers of a split, or the sample and the weights of them that the settings name.

    Each paper passes through `counting` as it is read.
    """
    from application.papers.evaluation_papers import papers_of_split
    from application.papers.sampling import uniform_sample
    from application.papers.splitting import SplitPolicy

    stream = papers_of_split(dataset, split, SplitPolicy(settings.split_by), on_bad_record)
    return uniform_sample(counting(stream), settings.limit_samples, seed=settings.seed)


def weighed_papers(
    papers: list[LabelledAbstract], dataset: Dataset, split: Split | None, settings: Settings
) -> list[LabelledAbstract]:
    """Returns the papers with the weights that the settings name. Raises InvalidInputError if there are no papers."""
    from application.papers.population import reweighted

    if not papers:
        raise InvalidInputError(f"{dataset.name} holds no papers{f' of split {split}' if split else ''}.")
    shares = shares_of(settings)
    return papers if shares is None else list(reweighted(papers, shares, "evaluated"))
