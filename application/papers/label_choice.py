"""Chooses the labels that a model learns: named ones, the most frequent ones, or all labels of the training papers."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from domain.category import Category
from domain.errors import ConfigurationError, InvalidInputError
from domain.label import Label, LabelSet
from domain.labelled_abstract import LabelledAbstract
from domain.log_events import log_event
from domain.paper_columns import categories_of
from domain.spelling import nearest
from domain.taxonomy import CategoryInfo, Taxonomy

_logger = logging.getLogger(__name__)

# For own labels. Each is a column of every array of targets and probabilities.
MOST_LABELS = 10_000
_NAMED = 8

Counts = Counter[Label]


@dataclass(frozen=True, slots=True)
class LabelChoice:
    """The labels to learn: `names` in their order, the `top` most frequent, or by default the whole label set.

    Labels of fewer than `min_papers` training papers are left out.
    """

    names: tuple[str, ...] | None = None
    top: int | None = None
    min_papers: int = 1

    def __post_init__(self) -> None:
        if self.top is not None and self.top < 1:
            raise ConfigurationError(f"The most frequent {self.top} labels are none. Write top:20 or the like.")
        if self.names is not None and len(set(self.names)) != len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise ConfigurationError(f"The categories name {twice} twice. Name each once.")


def own_labels(papers: Sequence[LabelledAbstract], choice: LabelChoice, names: Mapping[str, str]) -> Taxonomy:
    """Returns the own labels that a model learns, by default all labels of the papers, most frequent first.

    `names` maps labels to their names in words.
    Raises InvalidInputError if there is no label, if there are more than 10,000, if no paper has a named label, or if
    every paper has the only label.
    """
    counts = _counts(papers)
    found = sorted(counts, key=lambda label: (-counts[label], str(label)))
    wanted = found[: choice.top] if choice.names is None else [_known(name, counts, papers) for name in choice.names]
    chosen = _frequent(wanted, counts, choice)
    _refuse_number(chosen, counts, len(papers))
    _warn_of_case(chosen)
    return own_taxonomy(chosen, names)


def own_taxonomy(labels: Sequence[Label], names: Mapping[str, str] | None = None) -> Taxonomy:
    """Returns the labels in that order, each called by its name or else by its own text."""
    known = names or {}
    return Taxonomy(tuple(CategoryInfo(label, known.get(str(label)) or str(label), "") for label in labels))


def arxiv_labels(
    papers: Sequence[LabelledAbstract], choice: LabelChoice, *, usual: Taxonomy, every: Taxonomy
) -> Taxonomy:
    """Returns the arXiv categories that a model learns. `usual` is the default, `every` all that exist."""
    counts = _counts(papers)
    chosen: Sequence[Label] = usual.categories
    if choice.names is not None:
        chosen = every.subset(map(Category.parse, choice.names)).categories
    elif choice.top is not None:
        known = [label for label in every if counts[label]]
        chosen = sorted(known, key=lambda label: (-counts[label], str(label)))[: choice.top]
    kept = _frequent(chosen, counts, choice)
    return usual if kept == list(usual) else every.subset(kept)


def label_set_of(papers: Sequence[LabelledAbstract]) -> LabelSet:
    """Returns the label set of the papers' labels, or arXiv's if there are no papers."""
    own = bool(papers) and not isinstance(papers[0].primary, Category)
    return LabelSet.OWN if own else LabelSet.ARXIV


def _counts(papers: Sequence[LabelledAbstract]) -> Counts:
    return Counter(chain.from_iterable(categories_of(papers)))


def _known(name: str, counts: Counts, papers: Sequence[LabelledAbstract]) -> Label:
    label = Label.parse(name)
    if label not in counts:
        near = nearest(name, map(str, counts))
        hint = (
            f"Did you mean {near}?"
            if near
            else f"They have {_listed([str(each) for each, _ in counts.most_common()])}."
        )
        raise InvalidInputError(f"None of the {len(papers):,} training papers has the label {name}. {hint}")
    return label


def _frequent(labels: Sequence[Label], counts: Counts, choice: LabelChoice) -> list[Label]:
    least = choice.min_papers
    kept = [label for label in labels if least <= 1 or counts[label] >= least]
    left_out = [str(label) for label in labels if least > 1 and counts[label] < least]
    if choice.names == ():
        raise InvalidInputError("--categories names no label. Give names with commas between them, or top:N.")
    if not kept:
        most = f"; the most frequent one has {max(counts.values()):,}" if counts else ""
        raise InvalidInputError(f"No label has {least:,} training papers{most}. Say a smaller --min-papers.")
    if left_out:
        log_event(
            _logger,
            "labels_left_out",
            f"{len(left_out)} labels have fewer than {least} training papers and are left out: {_listed(left_out)}.",
            labels=len(left_out),
            min_papers=least,
        )
    return kept


def _refuse_number(labels: Sequence[Label], counts: Counts, papers: int) -> None:
    if len(labels) > MOST_LABELS:
        raise InvalidInputError(
            f"The training papers have {len(labels):,} labels, and a model learns at most {MOST_LABELS:,}. Say which: "
            f"--categories top:1000 or --min-papers 10. If labels are cut in the wrong places, say --separator."
        )
    if len(labels) == 1 and counts[labels[0]] == papers:
        raise InvalidInputError(
            f"All {papers:,} training papers have {labels[0]}, the only label, so that there is nothing to tell apart. "
            "Give papers with other labels as well."
        )


def _warn_of_case(labels: Sequence[Label]) -> None:
    alike: dict[str, str] = {}
    for label in labels:
        other = alike.setdefault(str(label).casefold(), str(label))
        if other != str(label):
            log_event(
                _logger,
                "labels_alike",
                f"{other} and {label} differ in case alone; they are learnt as two labels.",
                level=logging.WARNING,
                label=other,
                other=str(label),
            )


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_NAMED])} and {more:,} others"
