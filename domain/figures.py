"""Figures of a report, independent of how they are drawn."""

from dataclasses import dataclass

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Axis:
    """A label, and the values at both ends, or None to take them from the data.

    If there are `names`, position i of the axis bears the i-th name, such as a month.
    """

    label: str
    low: float | None = None
    high: float | None = None
    logarithmic: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Series:
    """Points (x, y) with one colour and one entry in the legend.

    `intervals` has the lowest and the highest y of each point, and `notes` a text that is shown for it. Both may be
    empty. `sizes` are areas of points relative to the largest one in the figure. A series is a line if it is `joined`.
    """

    label: str
    points: Points
    intervals: Points = ()
    notes: tuple[str, ...] = ()
    sizes: tuple[float, ...] = ()
    joined: bool = True

    def __post_init__(self) -> None:
        for each in (self.intervals, self.notes, self.sizes):
            if each and len(each) != len(self.points):
                raise ValueError(f"{len(each)} entries for the {len(self.points)} points of {self.label!r}")


@dataclass(frozen=True, slots=True)
class Plot:
    """Series in the same axes. `note` explains how to read it. With `diagonal`, the line y = x is drawn."""

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    note: str = ""
    diagonal: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """The values of one label, one per series of its figure, None if there is none.

    `intervals` has the lowest and the highest value of each series, or is empty. `note` stands behind the label, such
    as a number of papers.
    """

    label: str
    values: tuple[float | None, ...]
    intervals: Points = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars, in drawing order from the top. `series` names the values of each bar."""

    title: str
    axis: Axis
    series: tuple[str, ...]
    bars: tuple[Bar, ...]
    note: str = ""

    def __post_init__(self) -> None:
        for bar in self.bars:
            if len(bar.values) != len(self.series) or (bar.intervals and len(bar.intervals) != len(self.series)):
                raise ValueError(f"the bar {bar.label!r} does not fit {len(self.series)} series")


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A value for each row and column, None if there is none. Darker cells have larger values."""

    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]
    row_label: str
    column_label: str
    note: str = ""

    def __post_init__(self) -> None:
        if [len(row) for row in self.values] != [len(self.columns)] * len(self.rows):
            raise ValueError(f"the values are not {len(self.rows)} by {len(self.columns)}")


Figure = Plot | Bars | HeatMap
