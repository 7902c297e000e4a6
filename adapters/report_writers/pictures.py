"""Draws the figures of a report as PNG files with matplotlib."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters.files.whole import partial_beside, take_place
from domain.figures import Axis, Bars, Figure, HeatMap, Plot, Series

# The colours of the page on light paper.
_COLOURS = ("#0072b2", "#b84a00", "#00805c", "#a8487f", "#8a6a00", "#4a5fb5", "#555555", "#7a5c9e")
_DASHES, _MARKS = ("-", "--", ":", "-."), ("o", "s", "^", "D")
_WIDTH, _DPI = 6.4, 120
# Below the axes. Matplotlib's search for the best place may take seconds, and it warns of it.
_LEGEND: dict[str, Any] = {
    "loc": "upper center",
    "bbox_to_anchor": (0.5, -0.14),
    "ncols": 2,
    "frameon": False,
    "fontsize": 9,
}


def draw_pictures(folder: Path, figures: Sequence[Figure]) -> tuple[str, ...]:
    """Writes each figure into the folder and returns the names of the files, which come from the titles.

    Raises ModuleNotFoundError if matplotlib is not installed.
    """
    names = _names([figure.title for figure in figures])
    for name, figure in zip(names, figures, strict=True):
        with partial_beside(folder / name, suffix=".png") as partial:
            _drawn(figure).savefig(partial, dpi=_DPI, bbox_inches="tight")
            take_place(partial, folder / name)
    return names


def _names(titles: Sequence[str]) -> tuple[str, ...]:
    """Returns a file name for each title. Equal ones are numbered."""
    found: list[str] = []
    for title in titles:
        stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "figure"
        name, number = f"{stem}.png", 1
        while name in found:
            number += 1
            name = f"{stem}-{number}.png"
        found.append(name)
    return tuple(found)


def _drawn(figure: Figure) -> Any:
    if isinstance(figure, Plot):
        return _plot(figure)
    return _bars(figure) if isinstance(figure, Bars) else _heat_map(figure)


def _plot(plot: Plot) -> Any:
    figure, axes = _axes(plot.title, 4.4)
    if plot.diagonal:
        axes.axline((0, 0), slope=1, color="#888888", linestyle=(0, (4, 3)), linewidth=1)
    for place, series in enumerate(plot.series):
        _draw_series(axes, series, place)
    for axis, which in ((plot.x, "x"), (plot.y, "y")):
        _set_axis(axes, axis, which)
    if len(plot.series) > 1:
        axes.legend(**_LEGEND)
    return figure


def _draw_series(axes: Any, series: Series, place: int) -> None:
    x, y = [point[0] for point in series.points], [point[1] for point in series.points]
    low, high = [each[0] for each in series.intervals], [each[1] for each in series.intervals]
    colour, mark = _COLOURS[place % 8], _MARKS[place % 4]
    if not series.joined:
        axes.scatter(
            x, y, s=[40 + 400 * size for size in series.sizes] or 40, color=colour, marker=mark, label=series.label
        )
        axes.vlines(x if low else [], low, high, color=colour)
        return
    dots = mark if len(x) <= 60 else None
    axes.plot(x, y, color=colour, linestyle=_DASHES[place % 4], marker=dots, markersize=4, label=series.label)
    if low:
        axes.fill_between(x, low, high, color=colour, alpha=0.16, linewidth=0)


def _set_axis(axes: Any, axis: Axis, which: str) -> None:
    axes.set(**{f"{which}label": axis.label})
    if axis.logarithmic:
        axes.set(**{f"{which}scale": "log"})
    if axis.low is not None or axis.high is not None:
        axes.set(**{f"{which}lim": (axis.low, axis.high)})
    if axis.names:
        step = -(-len(axis.names) // 8)
        axes.set(**{f"{which}ticks": range(0, len(axis.names), step), f"{which}ticklabels": axis.names[::step]})


def _bars(bars: Bars) -> Any:
    rows, series = len(bars.bars), len(bars.series)
    figure, axes = _axes(bars.title, 1.1 + rows * (0.12 + 0.14 * series))
    thick = 0.8 / max(series, 1)
    for place, name in enumerate(bars.series):
        at = [row + (place - (series - 1) / 2) * thick for row in range(rows)]
        values = [bar.values[place] or 0.0 for bar in bars.bars]
        axes.barh(at, values, thick, color=_COLOURS[place % 8], label=name)
        low = [bar.intervals[place][0] if bar.intervals else 0.0 for bar in bars.bars]
        high = [bar.intervals[place][1] if bar.intervals else 0.0 for bar in bars.bars]
        axes.hlines(at, low, high, color="#1c2024", linewidth=1)
    axes.set_yticks(range(rows), [f"{bar.label} {bar.note}".strip() for bar in bars.bars], fontsize=8)
    axes.invert_yaxis()
    _set_axis(axes, bars.axis, "x")
    if series > 1:
        axes.legend(**_LEGEND)
    return figure


def _heat_map(heat: HeatMap) -> Any:
    figure, axes = _axes(heat.title, 1.6 + 0.36 * len(heat.rows))
    values = [[float("nan") if value is None else value for value in row] for row in heat.values]
    if heat.rows and heat.columns:
        axes.imshow(values, cmap="Blues", vmin=0, aspect="auto")
    largest = max((value for row in heat.values for value in row if value is not None), default=0.0)
    for row, cells in enumerate(heat.values):
        for column, value in enumerate(cells):
            if value:
                colour = "white" if value > 0.55 * largest else "#1c2024"
                axes.text(column, row, f"{value:.3g}", ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(len(heat.columns)), heat.columns, rotation=90, fontsize=8)
    axes.set_yticks(range(len(heat.rows)), heat.rows, fontsize=8)
    axes.set(xlabel=heat.column_label, ylabel=heat.row_label)
    axes.grid(visible=False)
    return figure


def _axes(title: str, height: float) -> tuple[Any, Any]:
    # The object interface, because pyplot may choose a backend with windows and keeps every figure.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(_WIDTH, height))
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11)
    axes.grid(color="#e3e6eb", linewidth=0.8)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes
