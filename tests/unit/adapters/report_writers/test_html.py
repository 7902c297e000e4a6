"""Tests of reports as HTML pages."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from adapters.report_writers.html import HtmlReport, page_of
from domain.charts import Table
from domain.errors import ArxivClassifierError
from domain.figures import Axis, Bar, Bars, HeatMap, Plot, Series
from domain.report import Figures, Listing, Report, Section, Text

_HOSTILE = '<script src="https://evil.example/x.js">&"'
_PLOT = Plot(
    "Score by month",
    Axis("month", names=("2026-01", "2026-02")),
    Axis("micro F1"),
    (Series("one", ((0, 0.7), (1, 0.8)), intervals=((0.6, 0.8), (0.7, 0.9))), Series("two", ((0, 0.5),), joined=False)),
)
_BARS = Bars("F1", Axis("F1", 0, 1), ("one", "two"), (Bar("cs.LG", (0.5, None), ((0.4, 0.6), (0, 0)), "1,200"),))
_HEAT = HeatMap("Confusion", ("cs.LG",), ("cs.AI", "cs.CV"), ((0.25, None),), "true", "predicted")
_TABLE = Table(
    ("model", "micro F1", "papers", "verdict"), (("one", 0.71034, 12005, "better"), ("two", None, 3, "same"))
)
_REPORT = Report(
    "Evaluation",
    "12,005 papers",
    (
        Section("Tables", (Text("How good it is."), Listing(_TABLE), Listing(_TABLE, "More", folded=True))),
        Section("Plots", (Figures((_PLOT, _BARS, _HEAT)),)),
    ),
    ("report.json",),
)


class _Page(HTMLParser):
    """Collects tags with their attributes, and the text outside the style sheet."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def _drawings(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(found) for found in re.findall(r"<svg viewBox=\"0 0 360.*?</svg>", page, re.DOTALL)]


def test_page_asks_for_nothing() -> None:
    """The page names no address of another host, has no script, and forbids the browser to load anything."""
    page = page_of(_REPORT)
    tags = _Page(page).tags
    assert not re.search(r"//|@import|url\(", page)
    assert not {tag for tag, _ in tags} & {"script", "img", "iframe", "object", "base"}
    policies = [given["content"] or "" for _, given in tags if given.get("http-equiv") == "Content-Security-Policy"]
    assert [policy.split(";")[0] for policy in policies] == ["default-src 'none'"]


def test_texts_cannot_become_markup() -> None:
    """Texts with angle brackets and quotes are shown as they are, wherever they stand."""
    plain = page_of(_REPORT)
    hostile = page_of(
        Report(
            _HOSTILE,
            _HOSTILE,
            (
                Section(
                    _HOSTILE,
                    (
                        Text(_HOSTILE),
                        Listing(Table((_HOSTILE,), ((_HOSTILE,),)), _HOSTILE),
                        Figures(
                            (
                                Plot(
                                    _HOSTILE, Axis(_HOSTILE), Axis(_HOSTILE), (Series(_HOSTILE, ((0, 1),)),), _HOSTILE
                                ),
                                Bars(_HOSTILE, Axis(_HOSTILE), (_HOSTILE,), (Bar(_HOSTILE, (1.0,), (), _HOSTILE),)),
                                HeatMap(_HOSTILE, (_HOSTILE,), (_HOSTILE,), ((1.0,),), _HOSTILE, _HOSTILE),
                            )
                        ),
                    ),
                ),
            ),
            (_HOSTILE,),
        )
    )
    assert {tag for tag, _ in _Page(hostile).tags} <= {tag for tag, _ in _Page(plain).tags}
    assert len(_drawings(hostile)) == 3


def test_tables_show_numbers_for_readers() -> None:
    """Numbers have separators or four decimals, and a missing value is a dash."""
    texts = _Page(page_of(_REPORT)).texts
    assert {"0.7103", "12,005", "better", "-"} <= set(texts)


def test_figures_are_images_with_names() -> None:
    """Each figure is well-formed SVG with its title as its accessible name."""
    names = [drawing.get("aria-label") for drawing in _drawings(page_of(_REPORT))]
    assert names == ["Score by month", "F1", "Confusion"]


def test_everything_drawn_lies_in_its_image() -> None:
    """No coordinate of a mark, a bar or a line lies outside the image."""
    for drawing in _drawings(page_of(_REPORT)):
        _, _, width, height = map(float, (drawing.get("viewBox") or "").split())
        for each in drawing.iter():
            horizontal = [float(each.get(name) or 0) for name in ("x", "x1", "x2", "cx")]
            vertical = [float(each.get(name) or 0) for name in ("y", "y1", "y2", "cy")]
            assert 0 <= min(horizontal) <= max(horizontal) <= width
            assert 0 <= min(vertical) <= max(vertical) <= height


def test_higher_values_are_drawn_higher() -> None:
    """In a plot, the point with the larger y stands above the one with the smaller y."""
    plot = Plot("Two", Axis("x"), Axis("y"), (Series("one", ((1, 0.2), (2, 0.9))),))
    marks = list(_drawings(page_of(_with(plot)))[0].iter("circle"))
    low, high = [float(each.get("cy") or 0) for each in marks]
    assert high < low


def test_bars_have_lengths_in_proportion() -> None:
    """A bar of twice the value is twice as long."""
    bars = Bars("F1", Axis("F1", 0, 1), ("one",), (Bar("a", (0.4,)), Bar("b", (0.8,))))
    widths = [float(each.get("width") or 0) for each in _drawings(page_of(_with(bars)))[0].iter("rect")]
    assert widths[1] == pytest.approx(2 * widths[0], abs=0.02)


@pytest.mark.parametrize(
    "figure",
    [
        Plot("Nothing", Axis("x"), Axis("y"), ()),
        Plot("One", Axis("x", logarithmic=True), Axis("y"), (Series("one", ((0.5, 0.0),)),)),
        Plot("Not numbers", Axis("x"), Axis("y"), (Series("one", ((float("nan"), 1), (1, float("inf")))),)),
        Plot("A month", Axis("month", names=("2026-01",)), Axis("y"), (Series("one", ((0, 0.0),)),)),
        Bars("No bar", Axis("F1"), ("one",), ()),
        Bars("Zero", Axis("F1"), ("one",), (Bar("a", (0.0,)),)),
        HeatMap("Empty", (), (), (), "true", "predicted"),
        HeatMap("Zeros", ("a",), ("b",), ((0.0,),), "true", "predicted"),
    ],
    ids=lambda figure: figure.title,
)
def test_figures_without_much_data_are_drawn(figure: Plot | Bars | HeatMap) -> None:
    """A figure without data, with one value or with values that are not finite is drawn with its axes."""
    drawn = ElementTree.tostring(_drawings(page_of(_with(figure)))[0], "unicode")
    assert figure.title in drawn
    assert "nan" not in drawn.lower().replace("not numbers", "")


def test_report_replaces_an_earlier_one(tmp_path: Path) -> None:
    """Writing again into the folder replaces the page."""
    HtmlReport().write(tmp_path / "new", replace(_REPORT, title="Before"))
    page = HtmlReport().write(tmp_path / "new", _REPORT)
    assert page == tmp_path / "new" / "index.html"
    assert "<h1>Evaluation</h1>" in page.read_text("utf-8")


def test_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    """A report that cannot be written is an error that names the folder."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(ArxivClassifierError, match=r"cannot be written to .*taken.*Name another folder"):
        HtmlReport().write(tmp_path / "taken", _REPORT)


def test_pictures_are_png_files_named_for_their_figures(tmp_path: Path) -> None:
    """Each figure becomes a PNG file. Two of the same title have two names."""
    report = replace(_REPORT, sections=(*_REPORT.sections, Section("Again", (Figures((_HEAT,)),))))
    names = HtmlReport().write_pictures(tmp_path, report)
    assert names == ("score-by-month.png", "f1.png", "confusion.png", "confusion-2.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    assert {(tmp_path / name).read_bytes()[:8] for name in names} == {b"\x89PNG\r\n\x1a\n"}


def test_no_pictures_without_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report has no pictures where matplotlib is not installed."""
    monkeypatch.setattr("adapters.report_writers.html.find_spec", lambda name: None)
    assert HtmlReport().write_pictures(tmp_path, _REPORT) == ()


def _with(figure: Plot | Bars | HeatMap) -> Report:
    return Report("Report", "", (Section("Figures", (Figures((figure,)),)),))
