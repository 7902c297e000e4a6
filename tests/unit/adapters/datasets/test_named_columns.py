"""Columns under a source's own names, in every format."""

import io
import logging
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.datasets.opening import open_dataset
from adapters.datasets.reading import Reading
from adapters.datasets.unlabelled import read_abstracts
from domain.errors import InvalidInputError
from tests.unit.adapters.datasets.written import Bad, write_json_lines
from tests.workbooks import write_workbook

READING = Reading(columns={"abstract": "Summary", "categories": "Keywords", "title": "Heading"})
HEADER = ("Id", "heading", "Summary", "Keywords", "Note")
ROWS = (("a1", "One", "We dig; deep.", "cs.LG stat.ML", None), ("a2", "Two", "We water.", "hep-th", "x"))


def _table(between: str) -> Callable[[Path], Path]:
    def write(path: Path) -> Path:
        lines = [HEADER, *ROWS]
        quoted = [between.join(f'"{cell or ""}"' for cell in line) for line in lines]
        path.write_text("\n".join(quoted) + "\n")
        return path

    return write


def _parquet(path: Path) -> Path:
    pq.write_table(pa.Table.from_pylist([dict(zip(HEADER, row, strict=True)) for row in ROWS]), path)
    return path


def _jsonl(path: Path) -> Path:
    return write_json_lines(path, [{k: v for k, v in zip(HEADER, row, strict=True) if v} for row in ROWS])


def _xlsx(path: Path) -> Path:
    return write_workbook(path, {"papers": [[], HEADER, *ROWS]})


def _saved(path: Path) -> Path:
    datasets = pytest.importorskip("datasets")
    datasets.Dataset.from_list([dict(zip(HEADER, row, strict=True)) for row in ROWS]).save_to_disk(path)
    return path


FORMATS: dict[str, Callable[[Path], Path]] = {
    "commas.csv": _table(","),
    "semicolons.csv": _table(";"),
    "tabs.tsv": _table("\t"),
    "bars.csv": _table("|"),
    "papers.parquet": _parquet,
    "papers.jsonl": _jsonl,
    "papers.xlsx": _xlsx,
    "saved": _saved,
}


@pytest.mark.parametrize("name", FORMATS)
def test_reads_columns_of_other_names(tmp_path: Path, name: str) -> None:
    """Every format gives the same papers, with the columns under the names that the source has for them."""
    bad = Bad()
    papers = list(open_dataset(FORMATS[name](tmp_path / name), reading=READING).papers(None, bad))
    assert [(p.abstract.id, p.abstract.title, p.abstract.text) for p in papers] == [row[:3] for row in ROWS]
    assert [list(map(str, paper.categories)) for paper in papers] == [["cs.LG", "stat.ML"], ["hep-th"]]
    assert not bad


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "saved"])
def test_predicting_reads_them_too(tmp_path: Path, name: str) -> None:
    """A reader of abstracts takes the same names, and ignores those of columns that it does not need."""
    path = FORMATS[name](tmp_path / name)
    assert [each.text for each in read_abstracts(path, named=READING.columns)] == [row[2] for row in ROWS]


@pytest.mark.parametrize("name", FORMATS)
def test_a_name_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    """Every format refuses a source without a column that was named, and says which columns it has."""
    reading = Reading(columns={**READING.columns, "title": "Headline"})
    with pytest.raises(InvalidInputError, match=r"Summary.*--columns title=Headline names one that does not exist"):
        list(open_dataset(FORMATS[name](tmp_path / name), reading=reading).papers(None, Bad()))


@pytest.mark.parametrize(("name", "said"), [("semicolons.csv", "semicolons"), ("bars.csv", "vertical bars")])
def test_says_what_stands_between_columns(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, said: str
) -> None:
    """If it is not what the file's name says, the log has it."""
    with caplog.at_level(logging.INFO):
        list(open_dataset(FORMATS[name](tmp_path / name), reading=READING).papers(None, Bad()))
    assert caplog.messages == [f"{tmp_path / name} has {said} between its columns."]


def test_says_nothing_of_the_usual(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Commas in CSV and tabs in TSV go without saying."""
    with caplog.at_level(logging.INFO):
        for name in ("commas.csv", "tabs.tsv"):
            list(open_dataset(FORMATS[name](tmp_path / name), reading=READING).papers(None, Bad()))
    assert not caplog.messages


def test_a_comma_in_a_name_is_no_other_delimiter() -> None:
    """The header is split where most of the wanted columns come out."""
    text = b'"abstract";"note, of hand";"a, b, c, d"\none;two;three\n'
    assert [each.text for each in read_abstracts(io.BytesIO(text), "csv")] == ["one"]


def test_a_header_of_one_column_has_commas() -> None:
    """Nothing else is taken for what stands between columns where there is one column."""
    assert [each.text for each in read_abstracts(io.BytesIO(b'abstract\n"one; two"\n'), "csv")] == ["one; two"]
