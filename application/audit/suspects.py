"""The papers whose labels a model doubts, with the labels that it would give."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application.audit.label_quality import label_quality
from application.papers.targets import targets_of
from domain.filing_rules import with_twins
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds

_NAMED = 3


@dataclass(frozen=True, slots=True)
class Change:
    """A category that the model would take away if it is `given`, or else add, and its probability."""

    category: Label
    given: bool
    probability: float

    def __str__(self) -> str:
        state = "given" if self.given else "missing"
        return f"{self.category} is {state}, but its probability is {_in_words(self.probability)}."


@dataclass(frozen=True, slots=True)
class Suspect:
    """A paper by its row, its label quality from 0 to 1, and the categories that the model would give it.

    `changes` are the differences from the given categories that the model knows, the surest first. There is at least
    one.
    """

    row: int
    quality: float
    suggested: tuple[Label, ...]
    changes: tuple[Change, ...]

    @property
    def probability(self) -> float:
        """The probability of the category that is changed first."""
        return self.changes[0].probability

    @property
    def reason(self) -> str:
        """The surest changes in words."""
        return " ".join(map(str, self.changes[:_NAMED]))


@dataclass(frozen=True, slots=True)
class CategoryDoubts:
    """The number of papers in a category, and the numbers that the model would add to it or remove from it."""

    category: Label
    given: int
    added: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Doubts:
    """The number of papers that would get other categories, the most suspect of them, and the doubts by category.

    `quality` has the label quality of every paper, shape (papers,).
    """

    total: int
    suspects: tuple[Suspect, ...]
    categories: tuple[CategoryDoubts, ...]
    quality: NDArray[np.float64]


def doubts_of(
    papers: Sequence[LabelledAbstract],
    probabilities: NDArray[np.float32],
    taxonomy: Taxonomy,
    thresholds: Thresholds,
    *,
    twins: Taxonomy,
    most: int,
) -> Doubts:
    """Returns the papers to which the model would give other categories, `most` of them, the most suspect first.

    `probabilities` has the shape (papers, categories). Suggested categories are those at or above their thresholds.
    Given ones outside the model's taxonomy are kept, and twins come with their categories as in `twins`.
    """
    targets = targets_of(papers, taxonomy)
    quality = label_quality(targets, probabilities)
    wanted = probabilities >= np.array(thresholds.in_columns(taxonomy), np.float32)
    _fall_back(wanted, probabilities, targets)
    differs = np.flatnonzero((wanted != (targets != 0)).any(axis=1))
    order = differs[np.argsort(quality[differs], kind="stable")][:most]
    return Doubts(
        len(differs),
        tuple(
            _suspect(papers[row], row, float(quality[row]), wanted[row], probabilities[row], taxonomy, twins)
            for row in order.tolist()
        ),
        _by_category(targets != 0, wanted, taxonomy),
        quality,
    )


def _in_words(probability: float) -> str:
    if probability < 0.001:
        return "below 0.001"
    return "above 0.999" if probability > 0.999 else f"{probability:.3f}"


def _by_category(given: NDArray[np.bool_], wanted: NDArray[np.bool_], taxonomy: Taxonomy) -> tuple[CategoryDoubts, ...]:
    counts = (given.sum(axis=0), (wanted & ~given).sum(axis=0), (given & ~wanted).sum(axis=0))
    rows = np.stack(counts, axis=1).tolist()
    return tuple(CategoryDoubts(label, *row) for label, row in zip(taxonomy.categories, rows, strict=True))


def _fall_back(wanted: NDArray[np.bool_], probabilities: NDArray[np.float32], targets: NDArray[np.uint8]) -> None:
    """Gives a paper that has categories of the model, and no probability above a threshold, the most probable one."""
    rows = np.flatnonzero(~wanted.any(axis=1) & (targets != 0).any(axis=1))
    wanted[rows, probabilities[rows].argmax(axis=1)] = True


def _suspect(
    paper: LabelledAbstract,
    row: int,
    quality: float,
    wanted: NDArray[np.bool_],
    probabilities: NDArray[np.float32],
    taxonomy: Taxonomy,
    twins: Taxonomy,
) -> Suspect:
    given = set(paper.categories)
    names = [taxonomy.categories[column] for column in np.argsort(-probabilities, kind="stable").tolist()]
    added = {taxonomy.categories[column] for column in np.flatnonzero(wanted).tolist()}
    kept = [name for name in paper.categories if name in added or name not in taxonomy]
    suggested = with_twins(dict.fromkeys([*kept, *(name for name in names if name in added)]), twins)
    changed = [name for name in names if (name in added) != (name in given)]
    changes = [Change(name, name in given, float(probabilities[taxonomy.column(name)])) for name in changed]
    surest = sorted(changes, key=lambda change: change.probability if change.given else 1 - change.probability)
    return Suspect(row, quality, suggested, tuple(surest))
