"""Parquet, whole and broken."""

import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.datasets import parquet
from adapters.datasets.columns import LABELLED, UNLABELLED, Columns
from adapters.datasets.records import Row, labelled
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord
from tests.unit.adapters.datasets.written import RECORDS, Bad, write_parquet


def _read(path: Path, columns: Columns = LABELLED) -> list[Row | BadRecord]:
    return list(parquet.rows(path, str(path), columns))


def _table(path: Path, **columns: pa.Array) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def test_reads_every_field(tmp_path: Path) -> None:
    """A row holds its number, id, title, abstract, categories with a unit separator before each, and date."""
    rows = _read(write_parquet(tmp_path / "papers.parquet", RECORDS))
    text = "  We train\n a network. "
    assert rows[0] == (1, "2501.01234", "On\n  learning", text, "\x1fcs.LG\x1fstat.ML", "2025-01", None, None)
    assert rows[1] == (2, "hep-th/9901001", None, "Strings of $\\alpha$ and é.", "\x1fhep-th", None, None, None)


def test_numbers_rows_across_batches(tmp_path: Path) -> None:
    """Row numbers go on from batch to batch and from row group to row group."""
    path = tmp_path / "papers.parquet"
    table = pa.table({"abstract": [f"text {n}" for n in range(10_000)]})
    pq.write_table(table, path, row_group_size=3000)
    rows = _read(path, UNLABELLED)
    assert [row[0] for row in rows if not isinstance(row, BadRecord)] == list(range(1, 10_001))
    assert rows[9_999][3] == "text 9999"  # type: ignore[index]  # no row is bad


@pytest.mark.parametrize(
    "kind", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())], ids=str
)
def test_reads_every_kind_of_text(tmp_path: Path, kind: pa.DataType) -> None:
    """Text columns may be of any of Arrow's text types, dictionary-encoded ones among them."""
    texts = pa.array(["one", None, "é"]).cast(kind)
    path = _table(tmp_path / "papers.parquet", abstract=texts)
    assert [row[3] for row in _read(path, UNLABELLED) if not isinstance(row, BadRecord)] == ["one", None, "é"]


def test_reads_whole_numbers_as_identifiers(tmp_path: Path) -> None:
    """A column of whole numbers serves as id; dates and lists of large strings are read as well."""
    path = _table(
        tmp_path / "papers.parquet",
        id=pa.array([7]),
        abstract=pa.array(["text"]),
        categories=pa.array([["cs.LG", "stat.ML"]], pa.large_list(pa.large_string())),
        date=pa.array([datetime.date(2024, 3, 1)]),
    )
    assert _read(path) == [(1, "7", None, "text", "\x1fcs.LG\x1fstat.ML", "2024-03-01", None, None)]


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("abstract", pa.array([1, 2]), "abstract of .* is of type int64; wanted is text"),
        ("abstract", pa.array([b"a", b"b"]), "is of type binary"),
        ("title", pa.array([1.5, 2.5]), "title of .* is of type double"),
        ("id", pa.array([704.0001, 1.0]), "id of .* is of type double; wanted is text or whole numbers"),
        ("categories", pa.array([[1], [2]]), "categories of .* is of type list<.*int64>; wanted is text or lists"),
    ],
)
def test_refuses_columns_of_another_type(tmp_path: Path, name: str, values: pa.Array, words: str) -> None:
    """A column of a type that cannot be read is refused before the first row."""
    columns = {"abstract": pa.array(["a", "b"]), "categories": pa.array(["cs.LG", "cs.LG"]), name: values}
    with pytest.raises(InvalidInputError, match=words):
        _read(_table(tmp_path / "papers.parquet", **columns))


def test_refuses_other_columns(tmp_path: Path) -> None:
    """A file without the wanted columns is refused with those found and those wanted."""
    path = _table(tmp_path / "papers.parquet", text=pa.array(["a"]), labels=pa.array(["b"]))
    with pytest.raises(InvalidInputError, match="text, labels; wanted are abstract and categories"):
        _read(path)


@pytest.mark.parametrize("name", ["id", "abstract", "year"])
def test_refuses_a_repeated_column(tmp_path: Path, name: str) -> None:
    """A column that is read or kept and that the file has twice is refused. Any other one may be there twice."""
    names = ["id", "abstract", "year"]
    batch = pa.record_batch([pa.array(["1"])] * 4, [*names, name])
    pq.write_table(pa.Table.from_batches([batch]), tmp_path / "papers.parquet")
    with pytest.raises(InvalidInputError, match=f"has the columns {name}, {name}. Rename all but one of them"):
        _read(tmp_path / "papers.parquet", UNLABELLED.keeping(["year"]))
    if name == "year":
        assert len(_read(tmp_path / "papers.parquet", UNLABELLED)) == 1


@pytest.mark.parametrize("keep", [0, 3, 100, 0.5, 0.99])
def test_refuses_a_truncated_file(tmp_path: Path, keep: float) -> None:
    """A parquet file that was cut short is refused in one sentence that says what to do."""
    path = write_parquet(tmp_path / "papers.parquet", RECORDS)
    content = path.read_bytes()
    path.write_bytes(content[: int(keep if keep > 1 else keep * len(content))])
    with pytest.raises(InvalidInputError, match=r"is not a whole parquet file .* Write or download it again\.$"):
        _read(path)


def test_refuses_a_damaged_page(tmp_path: Path) -> None:
    """A file whose footer is whole and whose data are not is refused as well."""
    path = tmp_path / "papers.parquet"
    texts = pa.array([f"text {n * 7919}" for n in range(5000)])
    pq.write_table(pa.table({"abstract": texts}), path, compression="zstd", use_dictionary=False)
    content = bytearray(path.read_bytes())
    content[len(content) // 4 : len(content) // 2] = bytes(len(content) // 2 - len(content) // 4)
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match="is not a whole parquet file"):
        _read(path, UNLABELLED)


def test_finds_text_that_is_not_utf8(tmp_path: Path) -> None:
    """Rows with bytes that are not UTF-8 are bad records. The others of their batch are read."""
    raw = pa.array([b"good", b"caf\xe9", "é".encode()]).cast(pa.binary())
    texts = pa.StringArray.from_buffers(3, raw.buffers()[1], raw.buffers()[2])
    path = _table(tmp_path / "papers.parquet", abstract=texts, categories=pa.array(["cs.LG"] * 3))
    bad = Bad()
    papers = labelled(parquet.rows(path, str(path), LABELLED), str(path), 100, bad)
    assert [paper.abstract.text for paper in papers] == ["good", "é"]
    assert bad.lines == [2]


def test_reports_missing_values(tmp_path: Path) -> None:
    """Null abstracts, null categories and nulls inside categories are bad records."""
    path = _table(
        tmp_path / "papers.parquet",
        abstract=pa.array([None, "b", "c", "d"]),
        categories=pa.array([["cs.LG"], None, ["cs.LG", None], ["cs.LG"]]),
    )
    bad = Bad()
    papers = list(labelled(parquet.rows(path, str(path), LABELLED), str(path), 100, bad))
    assert [paper.abstract.text for paper in papers] == ["d"]
    assert bad.lines == [1, 2, 3]


def test_takes_an_empty_file(tmp_path: Path) -> None:
    """A file with the columns and no rows gives none."""
    path = _table(tmp_path / "papers.parquet", abstract=pa.array([], pa.string()))
    assert _read(path, UNLABELLED) == []


@pytest.mark.parametrize("kind", [pa.int64(), pa.float32(), pa.float64(), pa.string()])
def test_reads_weights_of_every_type(tmp_path: Path, kind: pa.DataType) -> None:
    """A column of weights may hold numbers of any kind, or their texts. A missing one is none."""
    path = _table(
        tmp_path / "papers.parquet",
        abstract=pa.array(["a", "b"]),
        categories=pa.array(["cs.LG", "cs.LG"]),
        weight=pa.array([3, None]).cast(kind),
    )
    papers = labelled(iter(_read(path)), "papers", 100, print)
    assert [paper.weight for paper in papers] == [3.0, 1.0]
