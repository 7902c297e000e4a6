"""Checks that papers have labels to learn from, and finds the simplest model to beat."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application.papers.sample_weights import weighted, weights_of
from application.papers.splitting import Splits
from application.papers.targets import targets_of
from domain.errors import InvalidInputError
from domain.label import Label, LabelSet
from domain.labelled_abstract import LabelledAbstract
from domain.log_events import log_event
from domain.paper_columns import categories_of
from domain.taxonomy import Taxonomy

_NAMED = 12
_COUNTED_TOGETHER = 1 << 16  # papers
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class MostFrequent:
    """The most frequent category of the training papers, and the micro F1 of predicting it alone for every paper."""

    category: Label
    micro_f1: float


def refuse_unlabelled(splits: Splits, taxonomy: Taxonomy, source: str) -> None:
    """Raises InvalidInputError if no training paper or no validation paper has a category of the taxonomy."""
    for papers, what in ((splits.train, "to train on"), (splits.validation, "to validate with")):
        if not any(map(taxonomy.columns_of, categories_of(papers))):
            raise InvalidInputError(
                f"None of the {len(papers):,} papers {what} of {source} has one of the {len(taxonomy)} categories "
                f"looked for: {_listed([str(category) for category in taxonomy])}. They have {_found(papers)}. "
                "Name other categories with the setting `categories`, or give other papers."
            )


def refuse_other_labels(papers: Sequence[LabelledAbstract], taxonomy: Taxonomy, model: str, source: str) -> None:
    """Raises InvalidInputError if no paper has a label of the model, so that there is nothing to evaluate.

    If the model has labels of its owner, labels of the papers that it does not know are logged.
    """
    if taxonomy.label_set is LabelSet.OWN:
        _warn_of_unknown(papers, taxonomy, model, source)
    if not any(taxonomy.columns_of(paper.categories) for paper in papers):
        raise InvalidInputError(
            f"None of the {len(papers):,} papers of {source} has one of the {len(taxonomy)} labels that {model} gives: "
            f"{_listed([str(label) for label in taxonomy])}. They have {_found(papers)}. Name papers with the model's "
            "labels, or a model of theirs with --models."
        )


def _warn_of_unknown(papers: Sequence[LabelledAbstract], taxonomy: Taxonomy, model: str, source: str) -> None:
    known = set(taxonomy)
    lacking = Counter(label for paper in papers for label in paper.categories if label not in known)
    if not lacking:
        return
    names = [str(label) for label, _ in lacking.most_common()]
    log_event(
        _logger,
        "labels_unknown",
        f"{model} is measured without {len(names):,} labels of {source} that it does not know: {_listed(names)}.",
        level=logging.WARNING,
        model=model,
        labels=names[:_NAMED],
    )


def most_frequent(
    training: Sequence[LabelledAbstract], judged: Sequence[LabelledAbstract], taxonomy: Taxonomy
) -> MostFrequent:
    """Returns the most frequent category of the training papers with its micro F1 on the judged papers.

    The micro F1 is 0 if no judged paper has a category. Papers count by their weights.
    """
    column = int(_counts(training, taxonomy).argmax())
    weights, counts = weights_of(judged), _counts(judged, taxonomy)
    hits, said = counts[column], (len(judged) if weights is None else weights.sum()) + counts.sum()
    return MostFrequent(taxonomy.categories[column], float(2 * hits / said) if said else 0.0)


def _counts(papers: Sequence[LabelledAbstract], taxonomy: Taxonomy) -> NDArray[Any]:
    weights = weights_of(papers)
    counts: NDArray[Any] = np.zeros(len(taxonomy), np.int64 if weights is None else np.float64)
    for start in range(0, len(papers), _COUNTED_TOGETHER):
        some = slice(start, start + _COUNTED_TOGETHER)
        targets = targets_of(papers[some], taxonomy)
        counts += weighted(targets, None if weights is None else weights[some]).sum(axis=0, dtype=counts.dtype)
    return counts


def _found(papers: Sequence[LabelledAbstract]) -> str:
    counts = Counter(str(category) for categories in categories_of(papers) for category in categories)
    return _listed([f"{name} ({count:,})" for name, count in counts.most_common()])


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_NAMED])} and {more} others"
