"""Draws horizontal bars as SVG."""

from collections.abc import Iterator
from html import escape

from adapters.report_writers.numbers import number
from adapters.report_writers.scales import Scale, scale_of
from adapters.report_writers.svg import WIDTH, drawing, element, label, line, pointed
from domain.figures import Axis, Bar, Bars

_RIGHT, _TOP, _BOTTOM = 12.0, 4.0, 42.0
_THICK, _GAP = 11.0, 7.0
# The width of a character of 11 units, and of one in the smaller note.
_CHARACTER, _SMALL = 6.3, 5.6
_LONGEST = 24


def draw_bars(figure: Bars) -> str:
    """Returns bars as SVG. Its height grows with their number."""
    row = _THICK * len(figure.series) + _GAP
    height = _TOP + row * len(figure.bars) + _BOTTOM
    left = min(170.0, 12 + max((_label_width(bar) for bar in figure.bars), default=0.0))
    axis = Axis(figure.axis.label, 0.0 if figure.axis.low is None else figure.axis.low, figure.axis.high)
    scale = scale_of(axis, _values(figure), left, WIDTH - _RIGHT)
    content = list(_grid(figure, scale, height - _BOTTOM))
    for place, bar in enumerate(figure.bars):
        content.append(_bar(figure, bar, scale, _TOP + place * row + _GAP / 2))
    return drawing(height, figure.title, "".join(content))


def _values(figure: Bars) -> list[float]:
    found = [value for bar in figure.bars for value in bar.values if value is not None]
    return found + [bound for bar in figure.bars for pair in bar.intervals for bound in pair]


def _label_width(bar: Bar) -> float:
    return len(_cut(bar.label)) * _CHARACTER + (len(bar.note) + 1) * _SMALL * bool(bar.note)


def _grid(figure: Bars, scale: Scale, bottom: float) -> Iterator[str]:
    for value, name in scale.ticks():
        yield line(scale(value), _TOP, scale(value), bottom, class_="grid")
        yield label(scale(value), bottom + 14, name, text_anchor="middle")
    yield label((scale.start + scale.end) / 2, bottom + 32, figure.axis.label, text_anchor="middle", class_="name")


def _bar(figure: Bars, bar: Bar, scale: Scale, top: float) -> str:
    middle = top + _THICK * len(figure.series) / 2 + 3.8
    note = element("tspan", " " + escape(bar.note), class_="faint") if bar.note else ""
    content = element("text", escape(_cut(bar.label)) + note, x=scale.start - 7, y=middle, text_anchor="end")
    for place, (name, value) in enumerate(zip(figure.series, bar.values, strict=True)):
        content += "" if value is None else _one(bar, name, value, place, scale, top + place * _THICK)
    return content


def _one(bar: Bar, name: str, value: float, place: int, scale: Scale, top: float) -> str:
    from_, to = sorted((scale(max(0.0, scale.low)), scale(value)))
    rectangle = element(
        "rect", x=from_, y=top + 1, width=max(to - from_, 0.8), height=_THICK - 2, class_=f"bar c{place % 8}"
    )
    told = f"{bar.label}, {name}: {number(value)}"
    if bar.intervals:
        low, high = bar.intervals[place]
        rectangle += line(scale(low), top + _THICK / 2, scale(high), top + _THICK / 2, class_="error")
        told += f" ({number(low)} to {number(high)})"
    return pointed(rectangle, told)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
