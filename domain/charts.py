"""What a run shows beside its metrics: tables and charts, in neutral types that every tracker can draw."""

from collections.abc import Iterator
from dataclasses import dataclass

Cell = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Table:
    """Named columns and rows of one cell for each."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells in a table of {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Line:
    """Points (x, y) in the order they are joined."""

    label: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over one axis."""

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]

    def rows(self) -> Iterator[tuple[str, float, float]]:
        """Every point with its line's label."""
        return ((line.label, x, y) for line in self.lines for x, y in line.points)


@dataclass(frozen=True, slots=True)
class BarChart:
    """A bar for each label, in the order they are drawn."""

    title: str
    label: str
    value: str
    bars: tuple[tuple[str, float], ...]


Chart = LineChart | BarChart
