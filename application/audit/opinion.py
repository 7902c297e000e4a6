"""The papers that are audited, and a model's opinion on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.abstract import Abstract
from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import Classifier
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds

_BATCH = 512


@dataclass(frozen=True, slots=True)
class PapersBySplit:
    """The papers of a source in its order, and the name of the split of each, or `all` if the source has none."""

    source: str
    papers: tuple[LabelledAbstract, ...]
    splits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    """The probabilities of all papers, shape (papers, categories), and the thresholds that go with them.

    `by` names the model, or says how the probabilities were made.
    """

    by: str
    taxonomy: Taxonomy
    thresholds: Thresholds
    probabilities: NDArray[np.float32]


def model_opinion(
    name: str,
    classifier: Classifier,
    thresholds: Thresholds,
    papers: Sequence[LabelledAbstract],
    on_predicted: Callable[[int], None] = lambda count: None,
) -> Opinion:
    """Returns a model's opinion on papers. `on_predicted` gets the number of papers of each batch."""
    probabilities = probabilities_in_batches(classifier, [paper.abstract for paper in papers], on_predicted)
    return Opinion(name, classifier.taxonomy, thresholds, probabilities)


def probabilities_in_batches(
    classifier: Classifier, abstracts: Sequence[Abstract], on_predicted: Callable[[int], None]
) -> NDArray[np.float32]:
    """Returns the probabilities of all abstracts, shape (abstracts, categories).

    `on_predicted` gets the number of abstracts of each batch.
    """
    probabilities = np.zeros((len(abstracts), len(classifier.taxonomy)), np.float32)
    for start in range(0, len(abstracts), _BATCH):
        batch = abstracts[start : start + _BATCH]
        probabilities[start : start + len(batch)] = classifier.predict(batch).probabilities
        on_predicted(len(batch))
    return probabilities
