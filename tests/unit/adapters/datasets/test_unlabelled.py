"""Abstracts to be classified."""

import io
import os
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.datasets.unlabelled import read_abstracts
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord
from tests.unit.adapters.datasets.written import (
    RECORDS,
    Bad,
    csv_text,
    json_lines,
    write_csv,
    write_json_lines,
    write_parquet,
)

IDS = ["2501.01234", "hep-th/9901001", "2606.00003"]


def _file(folder: Path, name: str) -> Path:
    path = folder / name
    if "parquet" in name:
        return write_parquet(path, RECORDS)
    return write_csv(path, RECORDS) if "csv" in name else write_json_lines(path, RECORDS)


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.ndjson", "a.json"])
def test_reads_files_by_their_suffix(tmp_path: Path, name: str) -> None:
    """Every format gives the same abstracts in the file's order, with white space folded."""
    bad = Bad()
    abstracts = list(read_abstracts(_file(tmp_path, name), on_bad_record=bad))
    assert [abstract.id for abstract in abstracts] == IDS
    assert (abstracts[0].title, abstracts[0].text) == ("On learning", "We train a network.")
    assert abstracts[1].title is None
    assert [abstract.month for abstract in abstracts] == ["2025-01", "1999-01", "2026-06"]
    assert not bad


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.jsonl"])
def test_a_date_that_cannot_be_is_an_error_of_its_row(tmp_path: Path, name: str) -> None:
    """Later than the clock, before arXiv or no date at all: each row says so, and the others are read."""
    dates = ["2025-02", "1989-05-01", "soon", "2025-01-31", None]
    records = [{"id": str(row), "abstract": "Text.", "date": date} for row, date in enumerate(dates, start=1)]
    write = {"a.parquet": write_parquet, "a.csv": write_csv, "a.jsonl": write_json_lines}[name]
    bad = Bad()
    found = list(
        read_abstracts(
            write(tmp_path / name, records), on_bad_record=bad, now=lambda: datetime(2025, 1, 31, tzinfo=UTC)
        )
    )
    assert [(each.id, each.month) for each in found] == [("4", "2025-01"), ("5", None)]
    assert [each.reason for each in bad] == [
        "The date 2025-02 lies in the future. Give one up to 2025-01.",
        "The date 1989-05-01 is before arXiv began in 1991-07. Give the month in which the paper was filed.",
        "The date is 'soon'. Write YYYY-MM or YYYY-MM-DD.",
    ]


def test_reads_streams() -> None:
    """A stream is JSON lines unless something else is said."""
    assert [each.id for each in read_abstracts(io.BytesIO(json_lines(RECORDS)))] == IDS
    assert [each.id for each in read_abstracts(io.BytesIO(csv_text(RECORDS).encode()), "csv")] == IDS


@pytest.mark.parametrize("seekable", [True, False])
def test_reads_parquet_from_streams(tmp_path: Path, seekable: bool) -> None:
    """Parquet is read from a redirected file, and from a pipe, which cannot be read from its end."""
    content = write_parquet(tmp_path / "a.parquet", RECORDS).read_bytes()
    if seekable:
        assert [each.id for each in read_abstracts(io.BytesIO(content), "parquet")] == IDS
        return
    reading, writing = os.pipe()
    os.write(writing, content)
    os.close(writing)
    with open(reading, "rb") as pipe:
        assert [each.id for each in read_abstracts(pipe, "parquet")] == IDS


def test_needs_no_more_than_abstracts(tmp_path: Path) -> None:
    """Only the column abstract is required, and numbers serve as ids."""
    assert [each.text for each in read_abstracts(io.BytesIO(b'{"abstract": "a"}\n{"abstract": "b", "id": 7}\n'))] == [
        "a",
        "b",
    ]
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [3, None], "abstract": ["a", "b"], "other": [1.5, 2.5]}), path)
    assert [each.id for each in read_abstracts(path)] == ["3", None]


def test_reports_bad_records_with_their_place() -> None:
    """A bad record is handed over with the source and the line, and left out."""
    bad = Bad()
    stream = io.BytesIO(b'{"abstract": "a"}\n{"abstract": ""}\n{"abstract": "' + b"x" * 30 + b'"}\nhalf')
    assert len(list(read_abstracts(stream, max_characters=20, on_bad_record=bad))) == 1
    assert bad.lines == [2, 3, 4]
    assert str(bad[1]).startswith("standard input:3: The abstract has 30 characters; the limit is 20.")


def test_stops_where_the_callback_raises() -> None:
    """An error of the callback ends the reading, which is how `--strict` works."""

    def stop(record: BadRecord) -> None:
        raise InvalidInputError(str(record))

    abstracts = read_abstracts(io.BytesIO(b'{"abstract": "a"}\n7\n{"abstract": "b"}\n'), on_bad_record=stop)
    assert next(abstracts).text == "a"
    with pytest.raises(InvalidInputError, match=r"standard input:2: .* not an object"):
        next(abstracts)


@pytest.mark.parametrize(
    ("name", "format", "words"),
    [
        ("none.jsonl", None, "There is no file"),
        ("none.parquet", None, "There is no file"),
        ("a.txt", None, "Nothing tells which format"),
        ("a.parquet.gz", None, "Nothing tells which format"),
        ("a.jsonl", "xml", "There is no format 'xml'. Known are parquet, jsonl, csv, tsv, xlsx."),
    ],
)
def test_refuses_what_it_cannot_read(tmp_path: Path, name: str, format: str | None, words: str) -> None:
    """A missing file and an unknown format are errors that say what to do."""
    with pytest.raises(InvalidInputError, match=words):
        list(read_abstracts(tmp_path / name, format))


class _Endless(io.RawIOBase):
    """So many JSON lines of 1.5 kB, made as they are read."""

    def __init__(self, count: int) -> None:
        self._left = count

    def readable(self) -> bool:
        return True

    def readline(self, size: int | None = -1, /) -> bytes:
        self._left -= 1
        return b"" if self._left < 0 else b'{"abstract": "' + b"word " * 300 + b'"}\n'


def test_keeps_memory_constant() -> None:
    """Four and a half megabytes pass through less than one."""
    stream = cast(BinaryIO, _Endless(3_000))
    tracemalloc.start()
    try:
        assert sum(1 for _ in read_abstracts(stream)) == 3_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1_000_000
