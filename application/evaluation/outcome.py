"""A model's predictions for labelled papers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from application.metrics.multi_label import decide
from application.papers.sample_weights import Weights, weights_of
from application.papers.targets import targets_of
from domain.label import Label
from domain.labelled_abstract import LabelledAbstract
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Outcome:
    """The truth and the prediction of papers: `targets` and `probabilities` have shape (papers, categories).

    `rows` are the positions of the papers among those that were read.
    """

    taxonomy: Taxonomy
    targets: NDArray[np.bool_]
    probabilities: NDArray[np.float32]
    thresholds: tuple[float, ...]
    rows: NDArray[np.intp]
    weights: Weights = None

    @property
    def predicted(self) -> NDArray[np.bool_]:
        """Whether each probability is at or above its category's threshold."""
        return decide(self.probabilities, self.thresholds)

    def of(self, chosen: NDArray[np.bool_]) -> "Outcome":
        """Returns the outcome for some of its papers."""
        weights = None if self.weights is None else self.weights[chosen]
        return replace(
            self,
            targets=self.targets[chosen],
            probabilities=self.probabilities[chosen],
            rows=self.rows[chosen],
            weights=weights,
        )

    def labelled(self) -> "Outcome":
        """Returns the outcome for the papers with at least one category of the taxonomy."""
        labelled = np.asarray(self.targets.any(axis=1))
        return self if labelled.all() else self.of(labelled)

    def on(self, categories: Sequence[Label]) -> "Outcome":
        """Returns the outcome on some of its categories, in that order."""
        if tuple(categories) == self.taxonomy.categories:
            return self
        columns = [self.taxonomy.column(category) for category in categories]
        return replace(
            self,
            taxonomy=self.taxonomy.subset(categories),
            targets=self.targets[:, columns],
            probabilities=np.ascontiguousarray(self.probabilities[:, columns]),
            thresholds=tuple(self.thresholds[column] for column in columns),
        )


def outcome_of(
    papers: Sequence[LabelledAbstract],
    taxonomy: Taxonomy,
    thresholds: Thresholds,
    probabilities: NDArray[np.float32],
) -> Outcome:
    """Returns the outcome for all papers, with those that have none of the model's categories."""
    targets = targets_of(papers, taxonomy).astype(np.bool_)
    cuts = thresholds.in_columns(taxonomy)
    return Outcome(taxonomy, targets, probabilities, cuts, np.arange(len(papers)), weights_of(papers))


def shared(left: Outcome, right: Outcome) -> tuple[Outcome, Outcome] | None:
    """Returns two outcomes for the same papers on the categories that both models know, in the order of `left`.

    Papers with none of these categories are left out. Returns None if the models share no category.
    """
    common = [category for category in left.taxonomy if category in right.taxonomy]
    if not common:
        return None
    one, other = left.on(common), right.on(common)
    return one.labelled(), other.labelled()
