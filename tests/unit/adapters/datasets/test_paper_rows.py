"""The rows of several files as one input."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.datasets.paper_rows import RowsOfFiles, input_files
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.errors import InvalidInputError

SIZES = {"a.parquet": 23, "b.jsonl": 7, "c.parquet": 0, "d.parquet": 12, "e.csv": 3}
IDS = [f"{name[0]}{row}" for name, rows in SIZES.items() for row in range(rows)]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Files of several formats, those of parquet in groups of five rows."""
    folder = tmp_path_factory.mktemp("papers")
    for name, rows in SIZES.items():
        ids = [f"{name[0]}{row}" for row in range(rows)]
        if name.endswith(".parquet"):
            table = pa.table({"id": pa.array(ids, pa.string()), "abstract": pa.array(ids, pa.string())})
            pq.write_table(table, folder / name, row_group_size=5)
        elif name.endswith(".csv"):
            (folder / name).write_text("id,abstract\n" + "".join(f"{each},{each}\n" for each in ids), "utf-8")
        else:
            (folder / name).write_text("".join(f'{{"id": "{x}", "abstract": "{x}"}}\n' for x in ids), "utf-8")
    return [folder / name for name in SIZES]


def ids_of_next(rows: RowsOfFiles, count: int) -> list[str | None]:
    """The ids of the next rows."""
    found: list[str | None] = []
    for each in rows.read(count):
        assert isinstance(each, Abstract | AbstractBatch)
        found += [each.id] if isinstance(each, Abstract) else [paper.id for paper in each]
    return found


def test_a_file_is_read_once_by_whatever_path(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative and an absolute path, a folder and a pattern may name one file. The first path stays."""
    monkeypatch.chdir(files[0].parent)
    found = input_files(["b.jsonl", str(files[0].parent), "./a.parquet", "*.csv"])
    assert [str(file) for file in found] == ["b.jsonl", *(str(file) for file in files if file.name != "b.jsonl")]


@given(steps=st.lists(st.tuples(st.booleans(), st.integers(0, 30)), max_size=12), start=st.integers(0, 23))
def test_rows_that_are_passed_over_are_counted_and_left_out(
    files: list[Path], steps: list[tuple[bool, int]], start: int
) -> None:
    """However reading and passing over take turns, each row comes once, in order, and the counts are right."""
    rows, at = RowsOfFiles(files, max_characters=100, start=start), start
    for read, count in steps:
        expected = IDS[at : at + count]
        assert (ids_of_next(rows, count) if read else rows.skip(count)) == (expected if read else len(expected))
        at += len(expected)
    assert ids_of_next(rows, 1000) == IDS[at:]
    assert rows.skip(5) == 0


def test_rows_of_parquet_that_are_passed_over_are_not_read(tmp_path: Path) -> None:
    """A damaged page of rows that are done is no error. Their number is in the file's end."""
    path = tmp_path / "a.parquet"
    texts = [f"text {number} {number * number}" for number in range(2000)]
    pq.write_table(pa.table({"abstract": texts}), path, row_group_size=1000, write_page_checksum=True)
    content = bytearray(path.read_bytes())
    content[200:400] = bytes(200)
    path.write_bytes(content)
    with pytest.raises(InvalidInputError, match="not a whole parquet file"):
        ids_of_next(RowsOfFiles([path], max_characters=100), 2000)
    rows = RowsOfFiles([path], max_characters=100)
    assert rows.skip(1000) == 1000
    assert len(ids_of_next(rows, 1000)) == 1000
    assert RowsOfFiles([path], max_characters=100).skip(9000) == 2000
