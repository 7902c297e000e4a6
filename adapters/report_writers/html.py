"""Writes a report as one HTML page that needs no other file and asks no server for anything."""

from collections.abc import Iterable, Iterator
from html import escape
from importlib.util import find_spec
from pathlib import Path

from typing_extensions import override

from adapters.files.whole import write_whole
from adapters.report_writers.bars import draw_bars
from adapters.report_writers.heat_maps import draw_heat_map
from adapters.report_writers.numbers import number
from adapters.report_writers.pictures import draw_pictures
from adapters.report_writers.plots import draw_plot, mark
from adapters.report_writers.svg import element, line
from domain.charts import Cell, Table
from domain.errors import ArxivClassifierError
from domain.figures import Bars, Figure, HeatMap, Plot
from domain.ports.report_writer import ReportWriter
from domain.report import Block, Listing, Report, Section, Text

_STYLE = Path(__file__).with_name("page.css")
# A browser that shows the page runs no script and loads nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
# Shorter cells are not broken into lines.
_SHORT = 32
_HEAD = (
    '<meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
    f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}"><link rel="icon" href="data:,">'
)


class HtmlReport(ReportWriter):
    """A report as the page `index.html`, with figures as SVG. Pictures are PNG files, drawn by matplotlib."""

    @override
    def write(self, folder: Path, report: Report) -> Path:
        page = folder / "index.html"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_whole(page, page_of(report).encode())
        except OSError as error:
            raise ArxivClassifierError(
                f"The report cannot be written to {folder}: {error.strerror or error}. Name another folder."
            ) from error
        return page

    @override
    def write_pictures(self, folder: Path, report: Report) -> tuple[str, ...]:
        return draw_pictures(folder, report.figures()) if find_spec("matplotlib") else ()


def page_of(report: Report) -> str:
    """Returns the page as HTML."""
    places = [f"section-{place}" for place, _ in enumerate(report.sections, start=1)]
    links = [
        element("a", escape(each.title), href=f"#{place}") for each, place in zip(report.sections, places, strict=True)
    ]
    header = element("h1", escape(report.title)) + element("p", escape(report.subtitle), class_="faint")
    body = (
        element("header", header + element("nav", _list(links), aria_label="Sections"))
        + element("main", "".join(_section(each, place) for each, place in zip(report.sections, places, strict=True)))
        + _footer(report.files)
    )
    head = _HEAD + element("title", escape(report.title)) + element("style", _STYLE.read_text("utf-8"))
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>{body}</body></html>\n'


def _footer(files: Iterable[str]) -> str:
    links = [element("a", escape(name), href=name) for name in files]
    return element("footer", element("p", f"Beside this page: {', '.join(links)}.")) if links else ""


def _section(section: Section, place: str) -> str:
    blocks = "".join(map(_block, section.blocks))
    return "\n" + element("section", element("h2", escape(section.title)) + blocks, id=place)


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return element("p", escape(block.text))
    if isinstance(block, Listing):
        return _listing(block)
    return element("div", "".join(map(_figure, block.figures)), class_="figures")


def _figure(figure: Figure) -> str:
    note = element("p", escape(figure.note), class_="note") if figure.note else ""
    return "\n" + element("figure", element("h3", escape(figure.title)) + _legend(figure) + _drawn(figure) + note)


def _drawn(figure: Figure) -> str:
    if isinstance(figure, Plot):
        return draw_plot(figure)
    return draw_bars(figure) if isinstance(figure, Bars) else draw_heat_map(figure)


def _legend(figure: Figure) -> str:
    if isinstance(figure, HeatMap):
        return ""
    names = figure.series if isinstance(figure, Bars) else tuple(each.label for each in figure.series)
    swatches = [_swatch(figure, place) + escape(name) for place, name in enumerate(names)]
    return _list(swatches, class_="legend") if len(names) > 1 else ""


def _swatch(figure: Plot | Bars, place: int) -> str:
    if isinstance(figure, Bars):
        content = element("rect", x=4, y=1, width=18, height=10, class_=f"bar c{place % 8}")
    else:
        dashes = f"line c{place % 8} d{place % 4}"
        content = line(0, 6, 26, 6, class_=dashes) if figure.series[place].joined else ""
        content += mark(place, 13, 6, 3.4)
    return element("svg", content, viewBox="0 0 26 12", aria_hidden="true")


def _list(entries: Iterable[str], **attributes: object) -> str:
    return element("ul", "".join(element("li", entry) for entry in entries), **attributes)


def _listing(listing: Listing) -> str:
    table = element("div", _table(listing.table), class_="scroll", tabindex=0)
    caption = escape(listing.caption)
    if listing.folded:
        return element("details", element("summary", caption or "Table") + table)
    return (element("p", caption, class_="note") if caption else "") + table


def _table(table: Table) -> str:
    numeric = [all(_is_number(row[place]) for row in table.rows) for place in range(len(table.columns))]
    classes = ["number" if each else None for each in numeric]
    header = "".join(
        element("th", escape(name), scope="col", class_=cls) for name, cls in zip(table.columns, classes, strict=True)
    )
    rows = "".join("\n" + element("tr", "".join(_cells(row, classes))) for row in table.rows)
    return element("table", element("thead", element("tr", header)) + element("tbody", rows))


def _is_number(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, int | float) and not isinstance(cell, bool))


def _cells(row: tuple[Cell, ...], classes: list[str | None]) -> Iterator[str]:
    for place, (cell, cls) in enumerate(zip(row, classes, strict=True)):
        shown = escape(_shown(cell))
        own = cell if cell in ("better", "worse") else cls or ("short" if len(shown) <= _SHORT else None)
        yield element("td", shown, class_=own) if place else element("th", shown, scope="row", class_=cls)


def _shown(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return number(cell) if isinstance(cell, int | float) else cell
