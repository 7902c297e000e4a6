"""Predicts variants of a paper, each with one word left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from typing_extensions import override

from application.models.composite import CompositeClassifier, Table
from domain.abstract import Abstract
from domain.checkpoint import Checkpoint
from domain.explanation import Span
from domain.ports.classifier import Classifier
from domain.ports.explainer import Reader

Words = Mapping[str, tuple[Span, ...]]


@dataclass(frozen=True, slots=True)
class Variant:
    """A paper without one of its words."""

    word: str
    abstract: Abstract


class Occluded(Protocol):
    """The predictions of a classifier for one paper and its variants.

    `words` are the words that it reads. `whole`, of shape (1, categories), holds the probabilities of the whole paper.
    """

    words: frozenset[str]
    whole: Table

    def probabilities(self, variants: Sequence[Variant]) -> Table:
        """Returns the probabilities of the variants, shape (variants, categories)."""


def occluded(classifier: Classifier, paper: Abstract, words: Words, checkpoint: Checkpoint) -> Occluded:
    """Returns the classifier prepared for variants of the paper. It has read the whole paper once."""
    if isinstance(classifier, CompositeClassifier):
        return _Composite(classifier, [occluded(part, paper, words, checkpoint) for part in classifier.parts])
    checkpoint()
    return _Single(classifier, paper, words)


class _Composite(Occluded):
    """Asks each part separately, so that an expensive part skips variants that it cannot tell from the whole paper."""

    def __init__(self, classifier: CompositeClassifier, parts: Sequence[Occluded]) -> None:
        self._classifier = classifier
        self._parts = parts
        self.words = frozenset().union(*(part.words for part in parts))
        self.whole = classifier.combined([part.whole for part in parts])

    @override
    def probabilities(self, variants: Sequence[Variant]) -> Table:
        return self._classifier.combined([part.probabilities(variants) for part in self._parts])


class _Single(Occluded):
    """A classifier that only predicts a variant if it reads the word left out."""

    def __init__(self, classifier: Classifier, paper: Abstract, words: Words) -> None:
        self._classifier = classifier
        self.words = _words_read(classifier, paper, words)
        self.whole = np.array(classifier.predict([paper]).probabilities)

    @override
    def probabilities(self, variants: Sequence[Variant]) -> Table:
        table = np.repeat(self.whole, len(variants), axis=0)
        asked = [row for row, variant in enumerate(variants) if variant.word in self.words]
        if asked:
            found = self._classifier.predict([variants[row].abstract for row in asked])
            table[asked] = np.asarray(found.probabilities)
        return table


def _words_read(classifier: Classifier, paper: Abstract, words: Words) -> frozenset[str]:
    if not isinstance(classifier, Reader):
        return frozenset(words)
    read = classifier.read_spans(paper)
    return frozenset(word for word, spans in words.items() if any(_meet(span, part) for span in spans for part in read))


def _meet(left: Span, right: Span) -> bool:
    return left.field == right.field and left.start < right.end and right.start < left.end
