"""Predictions for Python programs: that of one paper, or those of several."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from domain.abstract import Abstract
from domain.errors import ConfigurationError
from domain.explanation import Explanation
from domain.label import Label
from domain.prediction_warning import PredictionWarning
from domain.taxonomy import Taxonomy

if TYPE_CHECKING:
    from application.predict import PredictedBatch

Explain = Callable[[Abstract, Sequence[Label], int], Sequence[Explanation]]


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """The prediction for one paper.

    `categories` are those that the model gives, most probable first. `warnings` are reasons why the prediction may mean
    little. Each has a `sentence`.
    """

    id: str | None
    categories: tuple[str, ...]
    warnings: tuple[PredictionWarning, ...]
    _row: NDArray[np.float32]
    _taxonomy: Taxonomy
    _abstract: Abstract
    _explain: Explain

    @property
    def probabilities(self) -> dict[str, float]:
        """The probability of every category that the model knows, most probable first."""
        return dict(self.top(len(self._taxonomy)))

    def top(self, k: int) -> list[tuple[str, float]]:
        """Returns the k most probable categories with their probabilities, most probable first."""
        order = np.argsort(-self._row, kind="stable")[:k].tolist()
        return [(str(self._taxonomy.categories[column]), float(self._row[column])) for column in order]

    def explain(self, *categories: str, terms: int = 10) -> dict[str, Explanation]:
        """Returns the words that speak for and against each of the categories, by default those that the model gives.

        An explanation has at most `terms` words, the largest contributions to the logit first. Raises InvalidInputError
        for an unknown category.
        """
        labels = [Label.parse(name) for name in categories or self.categories]
        return {str(each.category): each for each in self._explain(self._abstract, labels, terms)}

    def __repr__(self) -> str:
        given = ", ".join(f"{name}: {self._row[self._column(name)]:.4f}" for name in self.categories)
        return f"Prediction({f'id={self.id!r}, ' if self.id is not None else ''}{{{given}}})"

    def _column(self, name: str) -> int:
        return self._taxonomy.column(Label.parse(name))


class Predictions(Sequence[Prediction]):
    """The predictions of several papers, in their order.

    `probabilities` has shape (papers, categories) in float32, with the columns that `classes_` names. `ids` has None
    for a paper without one.
    """

    def __init__(self, batches: Sequence["PredictedBatch"], taxonomy: Taxonomy, explain: Explain, index: Any) -> None:
        self._taxonomy = taxonomy
        self._explain = explain
        self._index = index
        self._abstracts = [abstract for batch in batches for abstract in batch.abstracts]
        self._labels = [str(category) for category in taxonomy.categories]
        self._given = [row for batch in batches for row in _columns(batch)]
        self._warnings = [tuple(batch.warnings.get(n, ())) for batch in batches for n in range(len(batch.abstracts))]
        rows = [np.asarray(batch.predictions.probabilities) for batch in batches]
        self.probabilities: NDArray[np.float32] = (
            np.concatenate(rows) if rows else np.empty((0, len(taxonomy)), np.float32)
        )

    @property
    def classes_(self) -> NDArray[np.str_]:
        """The categories of the columns of `probabilities`."""
        return np.array(self._labels)

    @property
    def ids(self) -> list[str | None]:
        """The identifier of each paper."""
        return [abstract.id for abstract in self._abstracts]

    @property
    def categories(self) -> list[tuple[str, ...]]:
        """The categories that the model gives each paper, most probable first."""
        return [tuple(self._labels[column] for column in columns) for columns in self._given]

    @property
    def warnings(self) -> list[tuple[PredictionWarning, ...]]:
        """The warnings of each paper."""
        return list(self._warnings)

    @override
    def __len__(self) -> int:
        return len(self._abstracts)

    @overload
    def __getitem__(self, index: int) -> Prediction: ...
    @overload
    def __getitem__(self, index: slice) -> list[Prediction]: ...
    @override
    def __getitem__(self, index: int | slice) -> Prediction | list[Prediction]:
        if isinstance(index, slice):
            return [self._one(row) for row in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._one(index % len(self))

    @override
    def __iter__(self) -> Iterator[Prediction]:
        return map(self._one, range(len(self)))

    def __repr__(self) -> str:
        return f"Predictions({len(self):,} papers, {len(self._labels)} categories)"

    def to_arrow(self) -> Any:
        """Returns an Arrow table with the columns id, categories, probabilities (of these categories) and warnings."""
        import pyarrow as pa

        kinds = [pa.string(), pa.list_(pa.string()), pa.list_(pa.float32()), pa.list_(pa.string())]
        return pa.table(
            [pa.array(values, kind) for values, kind in zip(self._table().values(), kinds, strict=True)],
            names=list(self._table()),
        )

    def to_pandas(self) -> Any:
        """Returns a pandas data frame with the same columns. It keeps the index of papers that came in a data frame."""
        try:
            import pandas
        except ModuleNotFoundError as error:
            raise ConfigurationError("pandas is not installed. Install it with `pip install pandas`.") from error
        return pandas.DataFrame(self._table(), index=self._index)

    def _table(self) -> dict[str, list[Any]]:
        pairs = zip(self._given, self.probabilities, strict=True)
        return {
            "id": self.ids,
            "categories": [list(row) for row in self.categories],
            "probabilities": [row[columns].tolist() for columns, row in pairs],
            "warnings": [[warning.value for warning in row] for row in self._warnings],
        }

    def _one(self, row: int) -> Prediction:
        abstract = self._abstracts[row]
        given = tuple(self._labels[column] for column in self._given[row])
        return Prediction(
            abstract.id,
            given,
            self._warnings[row],
            self.probabilities[row],
            self._taxonomy,
            abstract,
            self._explain,
        )


def _columns(batch: "PredictedBatch") -> Iterator[list[int]]:
    columns = batch.chosen.columns.tolist()
    for start, end in pairwise(batch.chosen.offsets.tolist()):
        yield columns[start:end]
