"""Draws charts as PNG, for trackers that only show images."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from domain.charts import BarChart, Chart, LineChart

_DPI = 120
_INCHES_PER_BAR = 0.19


def png(chart: Chart) -> bytes:
    """Returns the chart as a PNG file."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # 0.6 s, needed only at a run's end
    from matplotlib.figure import Figure

    height = 4.8 if isinstance(chart, LineChart) else max(2.4, 1.2 + _INCHES_PER_BAR * len(chart.bars))
    figure = Figure(figsize=(6.4, height), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)  # pyplot would keep every figure
    axes = figure.add_subplot()
    axes.set_title(chart.title)
    axes.set_axisbelow(True)
    if isinstance(chart, LineChart):
        _draw_lines(axes, chart)
    else:
        _draw_bars(axes, chart)
    file = BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()


def _draw_lines(axes: Any, chart: LineChart) -> None:
    for line in chart.lines:
        straight = len(line.points) <= 2
        axes.plot(*_columns(line.points), label=line.label, linestyle=":" if straight else "-")
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(chart.y_label)
    axes.grid(alpha=0.3)
    if len(chart.lines) > 1:
        axes.legend()


def _draw_bars(axes: Any, chart: BarChart) -> None:
    labels, values = [label for label, _ in chart.bars], [value for _, value in chart.bars]
    axes.barh(range(len(labels)), values)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_xlabel(chart.value)
    axes.grid(axis="x", alpha=0.3)


def _columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]
