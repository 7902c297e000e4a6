"""Draws series of points as SVG."""

from collections.abc import Iterator
from math import isfinite

from adapters.report_writers.numbers import number
from adapters.report_writers.scales import Scale, scale_of
from adapters.report_writers.svg import WIDTH, drawing, element, label, line, pointed, text
from domain.figures import Plot, Series

_HEIGHT = 262.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 12.0, 8.0, 44.0
# A line of more points than this has no dots.
_MOST_DOTS = 60
_RADIUS, _LARGEST_RADIUS = 3.4, 15.0

Place = tuple[float, float]


def draw_plot(plot: Plot) -> str:
    """Returns a plot as SVG."""
    x, y = _scales(plot)
    content = [*_grid(plot, x, y)]
    if plot.diagonal:
        low, high = max(x.low, y.low), min(x.high, y.high)
        content.append(line(x(low), y(low), x(high), y(high), class_="guide"))
    content.extend(_series(each, place, x, y) for place, each in enumerate(plot.series))
    return drawing(_HEIGHT, plot.title, "".join(content))


def mark(place: int, x: float, y: float, radius: float) -> str:
    """Returns the mark of the series at that place. Circles, squares, triangles and diamonds alternate."""
    cls = f"mark c{place % 8}"
    if place % 4 == 0:
        return element("circle", cx=x, cy=y, r=radius, class_=cls)
    corners = {
        1: [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
        2: [(0, -1.2), (1.1, 0.8), (-1.1, 0.8)],
        3: [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    }[place % 4]
    return element("polygon", points=_places([(x + dx * radius, y + dy * radius) for dx, dy in corners]), class_=cls)


def _scales(plot: Plot) -> tuple[Scale, Scale]:
    horizontal = [x for each in plot.series for x, _ in each.points]
    vertical = [y for each in plot.series for _, y in each.points]
    vertical += [bound for each in plot.series for pair in each.intervals for bound in pair]
    across = scale_of(plot.x, horizontal, _LEFT, WIDTH - _RIGHT)
    return across, scale_of(plot.y, vertical, _HEIGHT - _BOTTOM, _TOP)


def _grid(plot: Plot, x: Scale, y: Scale) -> Iterator[str]:
    for value, name in y.ticks():
        yield line(_LEFT, y(value), WIDTH - _RIGHT, y(value), class_="grid")
        yield label(_LEFT - 6, y(value) + 3.5, name, text_anchor="end")
    for value, name in x.ticks():
        yield line(x(value), _TOP, x(value), _HEIGHT - _BOTTOM, class_="grid")
        yield label(x(value), _HEIGHT - _BOTTOM + 15, name, text_anchor="middle")
    yield line(_LEFT, _HEIGHT - _BOTTOM, WIDTH - _RIGHT, _HEIGHT - _BOTTOM, class_="axis")
    yield label((_LEFT + WIDTH - _RIGHT) / 2, _HEIGHT - 8, plot.x.label, text_anchor="middle", class_="name")
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    turned = f"rotate(-90 11 {text(middle)})"
    yield label(11.0, middle, plot.y.label, text_anchor="middle", class_="name", transform=turned)


def _series(series: Series, place: int, x: Scale, y: Scale) -> str:
    shown = [index for index, point in enumerate(series.points) if all(map(isfinite, point))]
    places = [(x(series.points[index][0]), y(series.points[index][1])) for index in shown]
    bounds = [tuple(map(y, series.intervals[index])) for index in shown] if series.intervals else []
    content = ""
    if series.joined:
        content += _band(places, bounds, place)
        content += element("polyline", points=_places(places), class_=f"line c{place % 8} d{place % 4}")
    else:
        content += "".join(
            line(across, low, across, high, class_=f"whisker c{place % 8}")
            for (across, _), (low, high) in zip(places, bounds, strict=False)
        )
    if not series.joined or len(shown) <= _MOST_DOTS:
        content += "".join(_dot(series, index, at, place) for index, at in zip(shown, places, strict=True))
    return content


def _band(places: list[Place], bounds: list[tuple[float, ...]], place: int) -> str:
    if not bounds:
        return ""
    lower = [(x, low) for (x, _), (low, _) in zip(places, bounds, strict=True)]
    upper = [(x, high) for (x, _), (_, high) in zip(places, bounds, strict=True)]
    return element("polygon", points=_places(lower + upper[::-1]), class_=f"band c{place % 8}")


def _dot(series: Series, index: int, at: Place, place: int) -> str:
    radius = _RADIUS if not series.sizes else max(_RADIUS, _LARGEST_RADIUS * series.sizes[index] ** 0.5)
    x, y = series.points[index]
    note = series.notes[index] if series.notes else f"{series.label}: {number(y)} at {number(x)}"
    return pointed(mark(place, *at, radius), note)


def _places(places: list[Place]) -> str:
    return " ".join(f"{text(float(x))},{text(float(y))}" for x, y in places)
