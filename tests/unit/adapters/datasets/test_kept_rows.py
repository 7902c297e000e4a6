"""Columns of the input that stay beside the abstracts of their rows."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.datasets.kept_types import kept_types
from adapters.datasets.paper_rows import RowsOfFiles
from adapters.datasets.unlabelled import read_batches
from application.predictions.batching import cut
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, kept_of
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord

YEARS = (2019, None, 2021, 2022, 2023)
TEXTS = ("We study graphs.", "", "We study branes.", "We study proofs.", "We study\x00 things.")
SOURCES = ["parquet", "jsonl", "csv"]


def jsonl(path: Path) -> Path:
    """A file of JSON lines."""
    rows = [
        {"id": str(n), "abstract": text, "Year": year} for n, (text, year) in enumerate(zip(TEXTS, YEARS, strict=True))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def csv(path: Path) -> Path:
    """A file of CSV."""
    rows = [f"{n},{text},{year or ''}\n" for n, (text, year) in enumerate(zip(TEXTS, YEARS, strict=True))]
    path.write_text("id,abstract,Year\n" + "".join(rows), "utf-8")
    return path


def parquet(path: Path) -> Path:
    """A parquet file, whose years are whole numbers of 16 bits."""
    columns = {"id": [str(n) for n in range(5)], "abstract": TEXTS, "Year": pa.array(YEARS, pa.int16())}
    pq.write_table(pa.table(columns), path)
    return path


WRITE: dict[str, Callable[[Path], Path]] = {"parquet": parquet, "jsonl": jsonl, "csv": csv}


def kept_years(batches: list[Abstract | AbstractBatch]) -> dict[str, object]:
    """Returns the kept value of each paper, by its id."""
    found = {}
    for batch in batches:
        assert isinstance(batch, AbstractBatch) and batch.kept is not None
        assert batch.kept.names == ("Year",)
        for id, (year,) in zip(batch.ids, batch.kept.values(), strict=True):
            found[str(id)] = year
    return found


@pytest.mark.parametrize("kind", SOURCES)
def test_each_paper_keeps_the_values_of_its_own_row(tmp_path: Path, kind: str) -> None:
    """Rows that cannot be read take their values with them."""
    source = WRITE[kind](tmp_path / f"a.{kind}")
    bad: list[BadRecord] = []
    found = kept_years(list(read_batches(source, on_bad_record=bad.append, kept=["Year"])))
    assert 1 <= len(bad) <= 2
    expected = {str(n): YEARS[n] for n in range(5) if str(n) in found}
    assert {id: None if year in (None, "") else int(str(year)) for id, year in found.items()} == expected
    assert {"0", "2", "3"} <= found.keys() and "1" not in found


@pytest.mark.parametrize("kind", SOURCES)
def test_a_column_that_does_not_exist_is_refused(tmp_path: Path, kind: str) -> None:
    """The error names the source's columns."""
    source = WRITE[kind](tmp_path / f"a.{kind}")
    with pytest.raises(InvalidInputError, match=r"has the columns id, abstract, Year; --keep-columns year names one"):
        list(read_batches(source, kept=["year"]))


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4), batch=st.integers(1, 5))
def test_slices_and_batches_of_any_size_keep_rows_together(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], batch: int
) -> None:
    """However rows are read and batched, across files of two formats, each paper has its own value."""
    folder = tmp_path_factory.mktemp("kept")
    files = [jsonl(folder / "a.jsonl"), parquet(folder / "b.parquet")]
    rows = RowsOfFiles(files, max_characters=1000, kept=["Year"])
    found: list[object] = []
    for size in [*sizes, 10]:
        good = (each for each in rows.read(size) if not isinstance(each, BadRecord))
        for some in cut(good, batch):
            kept = kept_of(some)
            assert kept is not None and len(kept) == len(some)
            found += [(abstract.id, year) for abstract, (year,) in zip(some, kept.values(), strict=True)]
    alone = [pair for file in files for pair in kept_years(list(read_batches(file, kept=["Year"]))).items()]
    assert found == alone


def kept_by(files: list[Path], types: dict[str, Any] | None = None) -> pa.Array:
    """The kept years of the files."""
    rows = RowsOfFiles(files, max_characters=1000, kept=["Year"], types=types).read(100)
    (batch,) = cut((each for each in rows if not isinstance(each, BadRecord)), 100)
    return pa.record_batch(kept_of(batch))["Year"]


def test_arrow_gets_types_from_parquet_and_text_from_lines(tmp_path: Path) -> None:
    """Arrow gets the types of parquet. JSON values that are no text become JSON's text."""
    (from_parquet,) = cut(read_batches(parquet(tmp_path / "a.parquet"), kept=["Year"]), 100)
    (from_lines,) = cut(read_batches(jsonl(tmp_path / "a.jsonl"), kept=["Year"]), 100)
    assert pa.record_batch(kept_of(from_parquet)).schema.field("Year").type == pa.int16()
    years = pa.record_batch(kept_of(from_lines))["Year"]
    assert years.type == pa.string() and years.to_pylist()[:2] == ["2019", "2021"]


def test_files_of_other_types_are_one_column_where_that_loses_nothing(tmp_path: Path) -> None:
    """Lines before parquet give text. Text that the type of parquet cannot hold is an error."""
    tables, lines = parquet(tmp_path / "a.parquet"), jsonl(tmp_path / "a.jsonl")
    words = tmp_path / "b.jsonl"
    words.write_text('{"abstract": "We study rings.", "Year": "MMXX"}', "utf-8")
    assert kept_by([lines, tables]).type == pa.string()
    assert kept_by([tables, lines]).type == pa.int16()
    with pytest.raises(InvalidInputError, match="another type in another file"):
        kept_by([tables, words])


@pytest.mark.parametrize(
    ("first", "second", "common"),
    [
        (pa.nulls(1), pa.array([7]), pa.int64()),
        (pa.array([7]), pa.nulls(1), pa.int64()),
        (pa.array([7], pa.int8()), pa.array([70_000]), pa.int64()),
        (pa.array([7]), pa.array([7.5]), pa.float64()),
        (pa.array([7]), pa.array(["x"]), pa.string()),
        (pa.array(["x"], pa.string_view()), pa.array(["x"]), pa.large_string()),
        (pa.array(["x"]).dictionary_encode(), pa.array(["y"]), pa.string()),
        (pa.array([["x"]]), pa.array([[None]]), pa.list_(pa.string())),
    ],
    ids=str,
)
@pytest.mark.parametrize("start", [0, 1])
def test_parquet_files_of_several_types_are_one_column(
    tmp_path: Path, first: pa.Array, second: pa.Array, common: pa.DataType, start: int
) -> None:
    """The type holds the values of all files, and is the same for rows of some of them. Without one, it is text."""
    files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for file, years in zip(files, (first, second), strict=True):
        pq.write_table(pa.table({"abstract": ["We study rings."], "Year": years}), file)
    expected = pa.concat_arrays([first.cast(common), second.cast(common)])
    types = kept_types(files, None, ["Year"])
    assert kept_by(files[start:], types).cast(common).equals(expected[start:])
    whole = kept_by(files)
    assert whole.cast(common).equals(expected)
    assert whole.type == common or pa.types.is_list(whole.type)  # parquet calls the items of lists otherwise


def test_a_type_that_no_other_can_hold_is_named(tmp_path: Path) -> None:
    """The sentence has the column, its file and both types."""
    files = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    for file, years in zip(files, (pa.array([["x"]]), pa.array(["y"])), strict=True):
        pq.write_table(pa.table({"abstract": ["We study rings."], "Year": years}), file)
    said = r"The column Year of .*a\.parquet is of type list<.*>\. .* kept as string, which cannot be"
    with pytest.raises(InvalidInputError, match=said):
        kept_by(files)


def test_a_bad_row_beside_kept_views_is_left_out(tmp_path: Path) -> None:
    """Rows that need care are read without the kept columns, whose types Arrow may not take rows of."""
    tags = pa.array([["a"], ["b"], ["c"]], pa.list_(pa.string_view()))
    pq.write_table(pa.table({"abstract": ["We study graphs.", "", "Rings."], "tags": tags}), tmp_path / "a.parquet")
    found = list(read_batches(tmp_path / "a.parquet", kept=["tags"]))
    kept = [kept_of(batch) for batch in found if isinstance(batch, AbstractBatch)]
    assert [row for each in kept if each for row in each.values()] == [[["a"]], [["c"]]]
