"""Draws a table of values as coloured cells in SVG."""

from collections.abc import Iterator

from adapters.report_writers.numbers import number, short
from adapters.report_writers.svg import WIDTH, drawing, element, label, pointed, text
from domain.figures import HeatMap

_RIGHT, _BOTTOM = 8.0, 24.0
_CHARACTER = 6.3
_LONGEST = 14
# Narrower cells have no room for their value.
_ROOM = 20.0
_DARK = 0.55


def draw_heat_map(figure: HeatMap) -> str:
    """Returns a heat map as SVG. Cells with room for it show their value."""
    left = 24 + max((len(name[:_LONGEST]) for name in figure.rows), default=0) * _CHARACTER
    top = 14 + max((len(name[:_LONGEST]) for name in figure.columns), default=0) * _CHARACTER
    cell = min(40.0, (WIDTH - left - _RIGHT) / max(len(figure.columns), 1))
    height = top + cell * len(figure.rows) + _BOTTOM
    content = [*_names(figure, left, top, cell), *_cells(figure, left, top, cell)]
    return drawing(height, figure.title, "".join(content))


def _names(figure: HeatMap, left: float, top: float, cell: float) -> Iterator[str]:
    for place, name in enumerate(figure.rows):
        yield label(left - 6, top + cell * (place + 0.5) + 3.8, name[:_LONGEST], text_anchor="end")
    for place, name in enumerate(figure.columns):
        x, y = left + cell * (place + 0.5) + 3.8, top - 6
        yield label(x, y, name[:_LONGEST], transform=f"rotate(-90 {text(x)} {text(y)})")
    bottom = top + cell * len(figure.rows)
    yield label(left, bottom + 17, f"columns: {figure.column_label}", class_="name")
    x, y = 11.0, bottom
    yield label(x, y, f"rows: {figure.row_label}", class_="name", transform=f"rotate(-90 {text(x)} {text(y)})")


def _cells(figure: HeatMap, left: float, top: float, cell: float) -> Iterator[str]:
    largest = max((abs(value) for row in figure.values for value in row if value is not None), default=0.0) or 1.0
    for row, values in enumerate(figure.values):
        for column, value in enumerate(values):
            if value is not None:
                told = f"{figure.rows[row]}, {figure.columns[column]}: {number(value)}"
                x, y = left + cell * column, top + cell * row
                yield pointed(_cell(x, y, cell, value, abs(value) / largest), told)


def _cell(x: float, y: float, cell: float, value: float, share: float) -> str:
    square = element("rect", x=x + 0.5, y=y + 0.5, width=cell - 1, height=cell - 1, class_="cell", fill_opacity=share)
    if cell < _ROOM or not value:
        return square
    cls = "value dark" if share > _DARK else "value"
    return square + label(x + cell / 2, y + cell / 2 + 3.2, short(value), text_anchor="middle", class_=cls)
