"""Predicted probabilities, in the column order of the taxonomy."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter

from domain.errors import InvalidInputError
from domain.label import Label
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class CategoryScore:
    """A category with its probability."""

    category: Label
    probability: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """The prediction for one abstract, with one probability per column of the taxonomy."""

    taxonomy: Taxonomy
    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.probabilities) != len(self.taxonomy):
            raise ValueError(f"{len(self.probabilities)} probabilities for {len(self.taxonomy)} categories")

    def probability(self, category: Label) -> float:
        """Returns the probability of one category of the taxonomy."""
        return self.probabilities[self.taxonomy.column(category)]

    def scores(self) -> tuple[CategoryScore, ...]:
        """Returns every category, most probable first. Ties keep the taxonomy's order."""
        return self._ranked(enumerate(self.probabilities))

    def top(self, k: int) -> tuple[CategoryScore, ...]:
        """Returns the k most probable categories, most probable first, or all if the taxonomy has fewer."""
        if k < 1:
            raise InvalidInputError(f"top-k is a whole number from 1, not {k}.")
        return self.scores()[:k]

    def above(self, thresholds: Thresholds, *, fallback: bool = True) -> tuple[CategoryScore, ...]:
        """Returns the categories at or above their threshold, most probable first.

        If there are none, the most probable category is returned, unless `fallback` is false.
        """
        cuts = thresholds.in_columns(self.taxonomy)
        found = [(c, p) for c, p in enumerate(self.probabilities) if p >= cuts[c]]
        return self._ranked(found) if found or not fallback else self.top(1)

    def _ranked(self, columns: Iterator[tuple[int, float]] | list[tuple[int, float]]) -> tuple[CategoryScore, ...]:
        infos = self.taxonomy.infos
        ranked = sorted(columns, key=itemgetter(1), reverse=True)
        return tuple(CategoryScore(infos[c].category, p) for c, p in ranked)


@dataclass(frozen=True, slots=True)
class PredictionBatch:
    """The predictions for several abstracts.

    `probabilities` is a C-contiguous float32 buffer of shape (abstracts, categories). Single predictions are made on
    access. `unread` holds the rows of abstracts of which the model knows no word.
    """

    taxonomy: Taxonomy
    probabilities: memoryview
    unread: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        view = self.probabilities
        if view.format != "f" or view.ndim != 2 or not view.c_contiguous:
            raise ValueError("probabilities must be a C-contiguous float32 buffer with two dimensions")
        if view.shape is None or view.shape[1] != len(self.taxonomy):
            raise ValueError(f"shape {view.shape} does not fit {len(self.taxonomy)} categories")

    def __len__(self) -> int:
        return self.probabilities.shape[0] if self.probabilities.shape else 0

    def __getitem__(self, index: int) -> Prediction:
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        start = (index % len(self)) * len(self.taxonomy)
        flat = self.probabilities.cast("B").cast("f")
        return Prediction(self.taxonomy, tuple(flat[start : start + len(self.taxonomy)].tolist()))

    def __iter__(self) -> Iterator[Prediction]:
        rows: list[list[float]] = self.probabilities.tolist()  # type: ignore[assignment]  # typeshed: one dimension
        for row in rows:
            yield Prediction(self.taxonomy, tuple(row))
