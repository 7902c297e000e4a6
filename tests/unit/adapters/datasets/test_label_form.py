"""How labels stand in cells, and how that is found."""

import logging
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.datasets.label_form import LabelForm, find_form, read_separator, word_of
from adapters.datasets.opening import open_dataset
from adapters.datasets.reading import Reading
from domain.category import Category
from domain.errors import ConfigurationError, InvalidInputError
from domain.label import Label, LabelSet
from tests.unit.adapters.datasets.written import Bad

KNOWN = {"cs.AI", "cs.LG", "hep-th"}
OWN = Reading(label_set="auto", known=KNOWN)


def _found(*cells: object) -> LabelForm:
    return find_form(cells, KNOWN, "auto", None)


@pytest.mark.parametrize(
    "cell", ["cs.AI cs.LG", "cs.AI, cs.LG", "cs.AI;cs.LG", "cs.AI | cs.LG", '["cs.AI", "cs.LG"]', ["cs.AI", "cs.LG"]]
)
def test_reads_categories_of_arxiv_whatever_is_between_them(cell: object) -> None:
    """Every separator, and a list, gives the same two categories."""
    form = _found(cell, "hep-th")
    assert form.label_set == LabelSet.ARXIV
    assert form.labels(cell) == (Category("cs.AI"), Category("cs.LG"))
    assert all(isinstance(each, Category) for each in form.labels(cell))


def test_words_that_look_like_categories_are_none() -> None:
    """Plain words have the form of categories. Only those that arXiv has make a source its own."""
    assert _found("soil", "water", "cs.LG").label_set == LabelSet.OWN
    assert _found("cs.LG", "soil").label_set == LabelSet.ARXIV
    assert _found(None, "", []).label_set == LabelSet.ARXIV


@pytest.mark.parametrize(
    ("cells", "separator"),
    [
        (("Q1: soil; Q2: water", "Q1: soil"), ";"),
        (("Soil, clay; Water", "Soil, clay"), ";"),
        (("soil|water", "air"), "|"),
        (("soil, water", "air, soil"), ","),
        (("a, b; c", "a, b", "c, d", "d"), ";"),
        (("a, b", "c, d", "a, c", "b, c", "d, b", "x; y"), ","),
        (("soil", "water"), ""),
        (('["Soil, clay", "Water"]',), ""),
        ((["Soil, clay", "Water; deep"],), ""),
        ((["Soil, clay"], ["Water; deep"]), ""),
    ],
)
def test_finds_what_is_between_labels(cells: tuple[object, ...], separator: str) -> None:
    """The separator is found in the cells; lists have none, and what stands inside their labels is not looked at."""
    assert _found(*cells).separator == separator


def test_reads_labels_of_ones_own() -> None:
    """Labels are each read once, with single spaces, from a text, a JSON list, a list, or a number."""
    form = LabelForm(LabelSet.OWN, ";")
    assert form.labels(" Q1:  soil; Q2: water;;Q1: soil ") == (Label("Q1: soil"), Label("Q2: water"))
    assert form.labels('["Soil; wet", "b"]') == (Label("Soil; wet"), Label("b"))
    assert form.labels(["Soil; wet", "b"]) == (Label("Soil; wet"), Label("b"))
    assert form.labels(["Soil; wet"]) == form.labels('["Soil; wet"]') == (Label("Soil; wet"),)
    assert form.labels("[draft") == (Label("[draft"),)
    assert form.labels(630) == (Label("630"),)
    for blank in (None, "", " ; ", "[]", float("nan")):
        with pytest.raises(InvalidInputError, match=r"missing|not a label"):
            form.labels(blank)


def test_a_word_names_a_separator() -> None:
    """A separator is named by its sign or by a word. Another one is refused with those there are."""
    assert [read_separator(said) for said in ("semicolon", "|", "none")] == [";", "|", ""]
    assert word_of(",") == "comma"
    with pytest.raises(ConfigurationError, match=r"'/'\. Known are none, semicolon, bar, comma"):
        read_separator("/")
    assert find_form(["Soil, clay"], KNOWN, "own", "none").labels("Soil, clay") == (Label("Soil, clay"),)


@pytest.mark.parametrize("said", ["other", "ARXIV"])
def test_an_unknown_label_set_is_refused(said: str) -> None:
    """The error names those there are."""
    with pytest.raises(ConfigurationError, match="Known are auto, arxiv, own"):
        Reading(label_set=said)


def test_a_source_says_how_it_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The separator of labels is logged once for a source, however often it is read, with the option that sets it."""
    path = tmp_path / "soil.csv"
    path.write_text('abstract,categories\none,"Q1: soil; Q2: water"\ntwo,Q1: soil\n')
    dataset = open_dataset(path, reading=OWN)
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            papers = list(dataset.papers(None, Bad()))
    assert [list(map(str, paper.categories)) for paper in papers] == [["Q1: soil", "Q2: water"], ["Q1: soil"]]
    assert len(caplog.messages) == 1
    assert "read with semicolons between them. If that is wrong, set --separator." in caplog.messages[0]


def test_lists_of_parquet_keep_spaces_in_labels(tmp_path: Path) -> None:
    """A list column gives labels with spaces, commas and semicolons whole."""
    path = tmp_path / "a.parquet"
    lists = [["Q1: soil, wet", "a; b"], ["a; b"]]
    pq.write_table(pa.table({"abstract": ["one", "two"], "categories": lists}), path)
    first, second = open_dataset(path, reading=OWN).papers(None, Bad())
    assert first.categories == (Label("Q1: soil, wet"), Label("a; b"))
    assert second.categories == (Label("a; b"),)
