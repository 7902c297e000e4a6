"""Shuffled training batches of similar lengths, with random titles left out. Each epoch is reproducible alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.baseline.features import Bags
from adapters.classifiers.baseline.months import Timeline
from adapters.classifiers.learning.bucketing import length_bucketed

# Padded lengths are multiples of this, so that a backend that compiles per shape sees few shapes.
_LENGTH_STEP = 32


@dataclass(frozen=True, slots=True, eq=False)
class TrainingSet:
    """Papers with and without titles, multi-hot targets (papers, categories), and a weight and a month per paper.

    Arrays with many bytes per paper are memory mapped.

    `months` is the network's input, (papers, knots) float32, made with `timeline`.
    """

    with_titles: Bags
    without_titles: Bags
    targets: NDArray[np.uint8]
    weights: NDArray[np.float32]
    months: NDArray[np.float32]
    timeline: Timeline

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Padded features and weights (papers, length), months, targets float32 (papers, categories), paper weights."""

    features: NDArray[np.int32]
    weights: NDArray[np.float32]
    targets: NDArray[np.float32]
    paper_weights: NDArray[np.float32]
    months: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.targets)

    def first(self, papers: int) -> "Batch":
        """Returns the batch with its first papers alone."""
        if papers == len(self):
            return self
        return Batch(
            self.features[:papers],
            self.weights[:papers],
            self.targets[:papers],
            self.paper_weights[:papers],
            self.months[:papers],
        )


def batches(
    data: TrainingSet, *, size: int, title_dropout: float, month_dropout: float, seed: int, epoch: int
) -> Iterator[Batch]:
    """Yields all papers once, in an order that depends only on seed and epoch."""
    random = np.random.default_rng((seed, epoch))
    lengths = data.with_titles.lengths()
    untitled = random.random(len(data)) < title_dropout
    dated = random.random(len(data)) >= month_dropout
    for rows in length_bucketed(lengths, size, random):
        yield _batch(data, rows, untitled[rows], dated[rows])


def _batch(data: TrainingSet, rows: NDArray[np.intp], untitled: NDArray[np.bool_], dated: NDArray[np.bool_]) -> Batch:
    titled = ~untitled
    longest = max(1, int(data.with_titles.lengths_of(rows).max()))
    width = -(-longest // _LENGTH_STEP) * _LENGTH_STEP
    features = np.zeros((len(rows), width), dtype=np.int32)
    weights = np.zeros((len(rows), width), dtype=np.float32)
    for bags, chosen in ((data.with_titles, titled), (data.without_titles, untitled)):
        _fill(features, weights, bags, rows, chosen)
    months = data.months[rows] * dated[:, None]
    return Batch(features, weights, data.targets[rows].astype(np.float32), data.weights[rows], months)


def _fill(
    features: NDArray[np.int32],
    weights: NDArray[np.float32],
    bags: Bags,
    rows: NDArray[np.intp],
    chosen: NDArray[np.bool_],
) -> None:
    lines = np.flatnonzero(chosen)
    starts, lengths = bags.offsets[rows[lines]], bags.lengths_of(rows[lines])
    line = np.repeat(lines, lengths)
    column = np.arange(len(line)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    source = np.repeat(starts, lengths) + column
    features[line, column] = bags.features[source]
    weights[line, column] = bags.weights[source]
