"""Predicts any number of papers in parts, and goes on where an earlier run stopped."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, ids_of
from domain.ports.dataset import BadRecord
from domain.ports.prediction_parts import PaperRows, Part, PartStore
from domain.prediction_warning import PredictionWarning

if TYPE_CHECKING:
    from application.predict import PredictedBatch  # which imports numpy

ROWS_PER_PART = 100_000
# Takes a number of rows that are done, and whether an earlier run predicted them.
OnRows = Callable[[int, bool], None]
# Yields the predictions of abstracts in batches, in the order given.
PredictStream = Callable[[Iterable[Abstract | AbstractBatch]], "Iterator[PredictedBatch]"]


@dataclass(frozen=True, slots=True)
class PartsReport:
    """The numbers of parts and rows, of those that an earlier run wrote, and of rows that could not be read.

    `warnings` counts the abstracts with each warning in the parts of this run.
    """

    parts: int
    rows: int
    parts_before: int
    rows_before: int
    rejected: int
    warnings: Mapping[PredictionWarning, int] = field(default_factory=dict)


class PredictParts:
    """Cuts the rows of the input into parts of `rows_per_part` rows, and writes the parts that are missing.

    A row's part depends on its number in the input alone, so parts are the same bytes however often a run was stopped.
    """

    def __init__(
        self, predict: PredictStream, rows: PaperRows, store: PartStore, *, rows_per_part: int = ROWS_PER_PART
    ) -> None:
        if rows_per_part < 1:
            raise ValueError(f"rows_per_part is {rows_per_part}")
        self._predict = predict
        self._rows = rows
        self._store = store
        self._rows_per_part = rows_per_part

    def __call__(self, on_rows: OnRows = lambda rows, before: None) -> PartsReport:
        """Writes the missing parts, and calls `on_rows` as rows are done."""
        number = before = rows_before = rows = 0
        warnings: Counter[PredictionWarning] = Counter()
        while True:
            if self._store.has(number):
                count = self._rows.skip(self._rows_per_part)
                on_rows(count, True)
                before, rows_before = before + 1, rows_before + count
            else:
                count = self._write(number, on_rows, warnings)
            rows, number = rows + count, number + bool(count)
            if count < self._rows_per_part:
                break
        self._store.finish(number, rows)
        return PartsReport(number, rows, before, rows_before, self._store.rejected(number), warnings)

    def _write(self, number: int, on_rows: OnRows, warnings: Counter[PredictionWarning]) -> int:
        """Writes a part, counts its warnings, and returns the number of its rows."""
        rows = self._rows.read(self._rows_per_part)
        first = next(rows, None)
        if first is None:
            return 0
        with self._store.part(number) as part:
            count = write_part(self._predict, chain([first], rows), part, on_rows)
        warnings.update(part.warnings)
        return count


def write_part(
    predict: PredictStream,
    rows: Iterable[Abstract | AbstractBatch | BadRecord],
    part: Part,
    on_rows: OnRows = lambda rows, before: None,
) -> int:
    """Predicts rows and writes them to a part. Returns their number."""
    good = _Good(rows, part)
    for batch in predict(good):
        part.writer.write(ids_of(batch.abstracts), batch.chosen, warnings=batch.warnings, beside=batch.beside)
        part.warnings.update(chain.from_iterable(batch.warnings.values()))
        on_rows(len(batch.abstracts), False)
    part.writer.finish()
    on_rows(good.rejected, False)
    return good.count


class _Good:
    """Yields the abstracts among rows, rejects the other rows, and counts all."""

    def __init__(self, rows: Iterable[Abstract | AbstractBatch | BadRecord], part: Part) -> None:
        self._rows = rows
        self._part = part
        self.count = self.rejected = 0

    def __iter__(self) -> Iterator[Abstract | AbstractBatch]:
        for row in self._rows:
            self.count += len(row) if isinstance(row, AbstractBatch) else 1
            if isinstance(row, BadRecord):
                self.rejected += 1
                self._part.rejected.append(row)
            else:
                yield row
