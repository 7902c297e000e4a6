"""Tables and charts that a run records beside its metrics, independent of the tracker."""

from collections.abc import Iterator
from dataclasses import dataclass

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns, and rows with one cell per column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells in a table of {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Line:
    """Points (x, y) in the order in which they are joined."""

    label: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines that share their axes."""

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]

    def rows(self) -> Iterator[tuple[str, float, float]]:
        """Returns every point as (label of its line, x, y)."""
        return ((line.label, x, y) for line in self.lines for x, y in line.points)


@dataclass(frozen=True, slots=True)
class BarChart:
    """One bar per label, in drawing order."""

    title: str
    label: str
    value: str
    bars: tuple[tuple[str, float], ...]


Chart = LineChart | BarChart
