"""Whether papers have labels to learn from, and what a model must beat to be of use."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.splitting import Splits
from application.targets import targets_of
from domain.category import Category
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy

_NAMED = 12


@dataclass(frozen=True, slots=True)
class MostFrequent:
    """The category that most training papers have, and the micro F1 of saying it, and no other, of every paper."""

    category: Category
    micro_f1: float


def refuse_unlabelled(splits: Splits, taxonomy: Taxonomy, source: str) -> None:
    """Raises InvalidInputError where no training or no validation paper has a category of the taxonomy."""
    for papers, what in ((splits.train, "to train on"), (splits.validation, "to validate with")):
        if not any(taxonomy.columns_of(paper.categories) for paper in papers):
            raise InvalidInputError(
                f"None of the {len(papers):,} papers {what} of {source} has one of the {len(taxonomy)} categories "
                f"looked for: {_listed([str(category) for category in taxonomy])}. They have {_found(papers)}. "
                "Name other categories by the setting `categories`, or give other papers."
            )


def most_frequent(
    training: Sequence[LabelledAbstract], judged: Sequence[LabelledAbstract], taxonomy: Taxonomy
) -> MostFrequent:
    """The most frequent category of the training papers, with its micro F1 on the judged ones; 0 where none has any."""
    counts: NDArray[np.int64] = targets_of(training, taxonomy).sum(axis=0, dtype=np.int64)
    column = int(counts.argmax())
    truth = targets_of(judged, taxonomy)
    hits, said = int(truth[:, column].sum()), len(judged) + int(truth.sum())
    return MostFrequent(taxonomy.categories[column], 2 * hits / said if said else 0.0)


def _found(papers: Sequence[LabelledAbstract]) -> str:
    counts = Counter(str(category) for paper in papers for category in paper.categories)
    return _listed([f"{name} ({count:,})" for name, count in counts.most_common()])


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_NAMED])} and {more} others"
