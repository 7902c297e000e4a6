"""Training batches of papers of similar length, with random titles left out. Each epoch is reproducible alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adapters.classifiers.learning.bucketing import length_bucketed
from adapters.classifiers.transformer.tokenizing import Tokens

# Padded lengths are multiples of this, so that a backend that compiles per shape sees few shapes.
_LENGTH_STEP = 32


@dataclass(frozen=True, slots=True, eq=False)
class TokenSet:
    """Papers with and without titles, multi-hot targets (papers, categories) and a weight per paper."""

    with_titles: Tokens
    without_titles: Tokens
    targets: NDArray[np.uint8]
    weights: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The network's inputs, targets float32 (papers, categories) and paper weights."""

    inputs: list[NDArray[np.int32]] | NDArray[np.float32]
    targets: NDArray[np.float32]
    paper_weights: NDArray[np.float32]

    def halves(self) -> tuple["Batch", "Batch"]:
        """Returns the batch in two parts, for a device whose memory is too small for it."""
        middle = len(self.targets) // 2
        return self._part(slice(middle)), self._part(slice(middle, None))

    def _part(self, rows: slice) -> "Batch":
        inputs = [array[rows] for array in self.inputs] if isinstance(self.inputs, list) else self.inputs[rows]
        return Batch(inputs, self.targets[rows], self.paper_weights[rows])


@dataclass(frozen=True, slots=True)
class Schedule:
    """The drawing and batching of the papers of an epoch.

    If `papers` is not 0, an epoch has that many, drawn without replacement with probabilities by weight. In training
    these then count alike.
    """

    batch_size: int
    title_dropout: float
    papers: int
    seed: int

    def steps(self, available: int) -> int:
        """Returns the number of batches in an epoch."""
        return -(-self.size(available) // self.batch_size)

    def size(self, available: int) -> int:
        """Returns the number of papers in an epoch."""
        return min(self.papers or available, available)


def batches(data: TokenSet, schedule: Schedule, epoch: int) -> Iterator[Batch]:
    """Yields the papers of an epoch once, as padded token ids."""
    for rows, without_title, weights in drawn_batches(data, schedule, epoch):
        inputs = padded(data.with_titles, data.without_titles, rows, without_title)
        yield Batch(inputs, data.targets[rows].astype(np.float32), weights)


def drawn_batches(
    data: TokenSet, schedule: Schedule, epoch: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.bool_], NDArray[np.float32]]]:
    """Yields each batch's rows, whether each goes without title, and weights, determined by seed and epoch."""
    random = np.random.default_rng((schedule.seed, epoch))
    chosen, weights = _drawn(data, schedule, random)
    untitled = random.random(len(data)) < schedule.title_dropout
    lengths = data.with_titles.lengths()[chosen]
    for places in length_bucketed(lengths, schedule.batch_size, random):
        rows = chosen[places]
        yield rows, untitled[rows], weights[rows]


def _drawn(
    data: TokenSet, schedule: Schedule, random: np.random.Generator
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Returns the papers of an epoch, and their weights in it (Efraimidis and Spirakis 2006)."""
    size = schedule.size(len(data))
    if size == len(data):
        return np.arange(size), data.weights
    keys = random.exponential(size=len(data)) / data.weights
    return np.sort(np.argpartition(keys, size)[:size]), np.ones_like(data.weights)


def padded(
    titled: Tokens, untitled: Tokens, rows: NDArray[np.intp], without_title: NDArray[np.bool_]
) -> list[NDArray[np.int32]]:
    """Returns token ids and mask, each (papers, longest) int32, padded with zeros."""
    starts = np.where(without_title, untitled.offsets[rows], titled.offsets[rows])
    lengths = np.where(without_title, untitled.lengths()[rows], titled.lengths()[rows])
    width = -(-max(1, int(lengths.max())) // _LENGTH_STEP) * _LENGTH_STEP
    ids = np.zeros((len(rows), width), dtype=np.int32)
    mask = (np.arange(width) < lengths[:, None]).astype(np.int32)
    for line, (start, length, without) in enumerate(zip(starts, lengths, without_title, strict=True)):
        source = untitled if without else titled
        ids[line, :length] = source.ids[start : start + length]
    return [ids, mask]
