"""The network as it is served, with numpy alone for a few papers and SciPy's CSR product for many."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from adapters.classifiers.baseline.features import BagMaker, Bags, Postings
from adapters.classifiers.baseline.months import Timeline
from adapters.classifiers.baseline.options import TextOptions
from adapters.classifiers.baseline.reading import code_reader
from adapters.classifiers.baseline.sparse_product import csc_matvecs
from adapters.classifiers.baseline.vocabulary import Vocabulary
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.checkpoint import Checkpoint, go_on
from domain.ports.classifier import Classifier
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy

# Up to this count papers are multiplied one after another, which needs numpy alone.
_NUMPY_UP_TO = 16
_PAPERS_AT_ONCE = 512
_CHARACTERS_AT_ONCE = 1_000_000
_ROWS_AT_ONCE = 128  # 0.16 MB of float32 in a table of 306 columns


@dataclass(frozen=True, slots=True, eq=False)
class Dense:
    """A dense layer: kernel of shape (inputs, outputs) and bias, float32."""

    kernel: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Months:
    """The contribution of a paper's month to the sparse layer.

    `kernel`, float32, has shape (knots, hidden + categories).
    """

    timeline: Timeline
    kernel: NDArray[np.float32]

    def added(self, abstracts: Sequence[Abstract]) -> NDArray[np.float32] | None:
        """Returns each paper's added values, (papers, hidden + categories), or None if all papers are of today."""
        read = self.timeline.read_abstracts(abstracts)
        return None if read is None else read @ self.kernel


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """The network's weights.

    The sparse layer's kernel of shape (features, hidden + categories) is `table * scale[:, None]`. `table` is int8 if
    the bundle is quantised (symmetric, one scale per feature), else float32 with scales of 1. Its last columns give the
    linear model's logits, which are added to the perceptron's.
    `months` is None for models from before months were read.
    """

    table: NDArray[np.int8] | NDArray[np.float32]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    layers: tuple[Dense, ...]
    months: Months | None = None

    def at_month(self, abstract: Abstract) -> "Weights":
        """Returns the weights with the contribution of the abstract's month added to the bias."""
        added = self.months.added([abstract]) if self.months else None
        return self if added is None else replace(self, bias=self.bias + added[0])

    def logits(self, bags: Bags | Postings, months: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """Returns logits of shape (papers, categories), float32. `months` is added to the first layer."""
        product = self._product(bags) if isinstance(bags, Bags) else self._product_by_feature(bags)
        product += self.bias
        if months is not None:
            product += months
        categories = len(self.layers[-1].bias)
        hidden = np.maximum(product[:, :-categories], np.float32(0))
        for layer in self.layers[:-1]:
            hidden = np.maximum(hidden @ layer.kernel + layer.bias, np.float32(0))
        logits: NDArray[np.float32] = hidden @ self.layers[-1].kernel
        logits += self.layers[-1].bias
        logits += product[:, -categories:]
        return logits

    def _product(self, bags: Bags) -> NDArray[np.float32]:
        """Returns the sum of each paper's weighted rows, one paper after another."""
        weights = bags.weights * self.scale.take(bags.features)
        product = np.empty((len(bags), self.table.shape[1]), dtype=np.float32)
        for paper in range(len(bags)):
            start, end = bags.offsets[paper], bags.offsets[paper + 1]
            rows = self.table.take(bags.features[start:end], axis=0).astype(np.float32, copy=False)
            np.dot(weights[start:end], rows, out=product[paper])
        return product

    def _product_by_feature(self, postings: Postings) -> NDArray[np.float32]:
        """Adds each feature's row to all of its papers at once, so that every row is read and made float32 once.

        The table stays int8 in memory. Rows are made float32 a few at a time and stay in the processor's cache until
        they are added.
        """
        add = csc_matvecs()  # SciPy's public product makes a new result each time. This function adds to one.
        papers, width, used = len(postings), self.table.shape[1], postings.features
        weights = postings.weights * self.scale.take(used).repeat(np.diff(postings.bounds))
        product = np.zeros((papers, width), np.float32)
        rows = np.empty((min(_ROWS_AT_ONCE, len(used)), width), np.float32)
        for start in range(0, len(used), _ROWS_AT_ONCE):
            chunk, bounds = used[start : start + _ROWS_AT_ONCE], postings.bounds[start:]
            rows[: len(chunk)] = self.table.take(chunk, axis=0)
            add(papers, len(chunk), width, bounds, postings.papers, weights, rows.ravel(), product.ravel())
        product /= np.where(postings.lengths > 0, postings.lengths, np.float32(1))[:, None]
        return product


def quantised(kernel: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Returns the kernel in int8 with one scale per row, symmetric and rounded to nearest."""
    scale = np.maximum(np.abs(kernel).max(axis=1), np.float32(1e-12)) / np.float32(127)
    return np.rint(kernel / scale[:, None]).astype(np.int8), scale.astype(np.float32)


class ServedBaseline(Classifier):
    """The trained baseline. It needs numpy, and SciPy for more than 16 abstracts at once."""

    def __init__(self, taxonomy: Taxonomy, text: TextOptions, vocabulary: Vocabulary, weights: Weights) -> None:
        self._taxonomy = taxonomy
        self.text = text
        self.vocabulary = vocabulary
        self.weights = weights
        self._codes = code_reader(text, vocabulary.codes())
        self._bags = BagMaker(vocabulary)

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._taxonomy

    def bags(self, abstracts: Sequence[Abstract]) -> Bags:
        """Returns the network's input for these papers."""
        return self._bags.bags(self._codes.read(abstracts))

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        if len(abstracts) == 1:
            checkpoint()
            only, empty = self._predicted(abstracts)
            return PredictionBatch(self._taxonomy, only.data, frozenset(empty))
        probabilities = np.empty((len(abstracts), len(self._taxonomy)), dtype=np.float32)
        unread: list[int] = []
        for start, end in spans_of(abstracts):
            checkpoint()
            probabilities[start:end], empty = self._predicted(abstracts[start:end])
            unread += (start + paper for paper in empty)
        return PredictionBatch(self._taxonomy, probabilities.data, frozenset(unread))

    def _predicted(self, abstracts: Sequence[Abstract]) -> tuple[NDArray[np.float32], list[int]]:
        """Returns probabilities, and the papers without features."""
        codes, months = self._codes.read(abstracts), self.weights.months
        papers = self._bags.bags(codes) if len(abstracts) <= _NUMPY_UP_TO else self._bags.postings(codes)
        logits = self.weights.logits(papers, months.added(abstracts) if months else None)
        return sigmoid(logits), papers.empty()


def spans_of(abstracts: Sequence[Abstract]) -> Iterator[tuple[int, int]]:
    """Yields spans of at most 512 papers and about a million characters, so that long papers need no more memory."""
    if isinstance(abstracts, AbstractBatch) and 0 < len(abstracts) <= _PAPERS_AT_ONCE and _is_short(abstracts):
        yield 0, len(abstracts)
        return
    start = characters = 0
    for number, abstract in enumerate(abstracts):
        size = abstract.characters
        if number > start and (number - start >= _PAPERS_AT_ONCE or characters + size > _CHARACTERS_AT_ONCE):
            yield start, number
            start, characters = number, 0
        characters += size
    if len(abstracts):
        yield start, len(abstracts)


def _is_short(abstracts: AbstractBatch) -> bool:
    """Returns whether the abstracts have at most a million bytes, and so at most as many characters."""
    return len(abstracts.texts.bytes()) + len(abstracts.titles.bytes()) <= _CHARACTERS_AT_ONCE


def sigmoid(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns 1 / (1 + exp(-x)) in float32. Inputs are clipped at -60, because exp(89) overflows float32."""
    return np.float32(1) / (np.float32(1) + np.exp(-np.maximum(logits, np.float32(-60))))
