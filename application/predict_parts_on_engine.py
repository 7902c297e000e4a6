"""Predicts any number of papers in parts, on an engine."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from application.predict_parts import ROWS_PER_PART, OnRows, PartsReport
from domain.part_work import FinishedPart, PartRows
from domain.ports.engine import Engine
from domain.ports.prediction_parts import PartCutter, PartStore
from domain.prediction_warning import PredictionWarning

OpenWorker = Callable[[], Callable[[PartRows], FinishedPart]]


class PredictPartsOnEngine:
    """Writes the parts that are missing, as `PredictParts` does.

    The processes of an engine predict them, and they are stored in the order in which they are done.
    """

    def __init__(
        self,
        engine: Engine,
        open_worker: OpenWorker,
        rows: PartCutter,
        store: PartStore,
        *,
        rows_per_part: int = ROWS_PER_PART,
    ) -> None:
        if rows_per_part < 1:
            raise ValueError(f"rows_per_part is {rows_per_part}")
        self._engine = engine
        self._open_worker = open_worker
        self._rows = rows
        self._store = store
        self._rows_per_part = rows_per_part

    def __call__(self, on_rows: OnRows = lambda rows, before: None) -> PartsReport:
        """Writes the missing parts, and calls `on_rows` as parts are done."""
        counted = _Counted()
        warnings: Counter[PredictionWarning] = Counter()
        for part in self._engine.map(self._open_worker, self._missing(counted, on_rows)):
            self._store.put(part)
            warnings.update(part.warnings)
            on_rows(part.rows, False)
        self._store.finish(counted.parts, counted.rows)
        rejected = self._store.rejected(counted.parts)
        return PartsReport(counted.parts, counted.rows, counted.parts_before, counted.rows_before, rejected, warnings)

    def _missing(self, counted: "_Counted", on_rows: OnRows) -> Iterator[PartRows]:
        """Yields the rows of the parts that are missing, and counts all."""
        size = count = self._rows_per_part
        while count == size:
            number = counted.parts
            if self._store.has(number):
                count = self._rows.skip(size)
                counted.parts_before += 1
                counted.rows_before += count
                on_rows(count, True)
            else:
                part = self._rows.take(number, size)
                count = part.count
                if count:
                    yield part
            counted.rows += count
            counted.parts += bool(count)


@dataclass(slots=True)
class _Counted:
    """How many parts and rows there are, and how many of them an earlier run wrote."""

    parts: int = 0
    rows: int = 0
    parts_before: int = 0
    rows_before: int = 0
