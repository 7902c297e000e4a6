"""Cuts the rows of files into the rows of parts for other processes."""

from collections.abc import Sequence

from typing_extensions import override

from domain.abstract_batch import AbstractBatch
from domain.part_work import PartRows
from domain.ports.prediction_parts import PaperRows, PartCutter


class PlacesOfRows(PartCutter):
    """Says where the rows of parquet files lie, from the number of rows of each file."""

    def __init__(self, files: Sequence[tuple[str, int]]) -> None:
        self._files = [(file, rows) for file, rows in files if rows]
        self._start = 0  # rows of the first of these files that are done

    @override
    def take(self, number: int, rows: int) -> PartRows:
        start = self._start
        before = list(self._files)
        count = self.skip(rows)
        used, reached = [], 0
        for file, size in before:
            if reached >= start + count:
                break
            used.append(file)
            reached += size
        return PartRows(number, count, tuple(used), start)

    @override
    def skip(self, rows: int) -> int:
        left = rows
        while left and self._files:
            size = self._files[0][1] - self._start
            taken = min(left, size)
            left -= taken
            self._start += taken
            if taken == size:
                self._files.pop(0)
                self._start = 0
        return rows - left


class RowsThemselves(PartCutter):
    """Reads the rows of files of any format, so that other processes need no files."""

    def __init__(self, rows: PaperRows) -> None:
        self._rows = rows

    @override
    def take(self, number: int, rows: int) -> PartRows:
        found = tuple(self._rows.read(rows))
        return PartRows(number, sum(_count(each) for each in found), rows=found)

    @override
    def skip(self, rows: int) -> int:
        return self._rows.skip(rows)


def _count(row: object) -> int:
    return len(row) if isinstance(row, AbstractBatch) else 1
