"""CSV, whole and broken."""

import io

import pytest

from adapters.datasets import csv_rows
from adapters.datasets.columns import LABELLED, UNLABELLED, Columns
from adapters.datasets.records import Row, unlabelled
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord
from tests.unit.adapters.datasets.written import RECORDS, Bad, csv_text

HEADER = b"id,abstract\n"


def _read(content: bytes, columns: Columns = UNLABELLED) -> list[Row | BadRecord]:
    return list(csv_rows.rows(io.BytesIO(content), "papers.csv", columns))


def test_reads_every_field_over_several_lines() -> None:
    """Quoted fields may hold line ends. A row is numbered by the line it starts on."""
    rows = _read(csv_text(RECORDS).encode(), LABELLED)
    assert rows[0] == (
        2,
        "2501.01234",
        "On\n  learning",
        "  We train\n a network. ",
        "cs.LG stat.ML",
        "2025-01",
        None,
        None,
    )
    assert [row[0] for row in rows if not isinstance(row, BadRecord)] == [2, 5, 6]


def test_finds_columns_by_name() -> None:
    """Columns may stand in any order, with others between them and a byte order mark before them."""
    assert _read(b"\xef\xbb\xbfx, abstract ,id\n1,text,a7\n") == [(2, "a7", None, "text", None, None, None, None)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"a,text,more", "3 fields where the header has 2"),
        (b"a", "1 fields where the header has 2"),
        (b'a,"text"more', "not CSV"),
    ],
)
def test_reports_a_broken_record_and_goes_on(line: bytes, words: str) -> None:
    """A record of another width or with a stray quote is reported with its line, and the next one is read."""
    rows = _read(HEADER + b"1,one\n" + line + b"\n3,three\n")
    assert isinstance(rows[1], BadRecord)
    assert rows[1].line == 3
    assert words in rows[1].reason
    assert rows[2] == (4, "3", None, "three", None, None, None, None)


def test_reports_a_file_that_ends_inside_quotes() -> None:
    """The last record of a file that was cut short inside quotes is bad, not half an abstract."""
    rows = _read(HEADER + b'1,one\n2,"two and')
    assert [isinstance(row, BadRecord) for row in rows] == [False, True]


def test_bounds_what_an_open_quote_swallows() -> None:
    """A quote that is never closed does not take the rest of a large file into memory."""
    rows = _read(HEADER + b'1,"one\n' + b"2,two\n" * 100_000)
    assert isinstance(rows[0], BadRecord)
    assert len(rows) > 50_000


def test_refuses_invalid_utf8_in_one_record() -> None:
    """A record with bytes that are not UTF-8 is bad. The others are read."""
    bad = Bad()
    rows = csv_rows.rows(io.BytesIO(HEADER + b"1,caf\xe9\n2,caf\xc3\xa9\n"), "papers.csv", UNLABELLED)
    assert [abstract.text for abstract in unlabelled(rows, "papers.csv", 100, bad)] == ["café"]
    assert "not valid UTF-8 at character 4" in bad[0].reason
    assert bad.lines == [2]


def test_refuses_other_columns() -> None:
    """A header without the wanted columns is refused with those found and those wanted."""
    with pytest.raises(InvalidInputError, match=r"papers.csv has the columns id, text; wanted are abstract"):
        _read(b"id,text\n1,one\n")


@pytest.mark.parametrize("header", ["id,abstract,abstract", "id,Abstract,ABSTRACT"])
def test_refuses_a_repeated_column(header: str) -> None:
    """A header with two columns for one is refused, because either may be meant."""
    with pytest.raises(InvalidInputError, match=r"papers.csv has the columns .bstract, .*Rename all but one"):
        _read(f"{header}\n1,one,two\n".encode())
    assert _read(b"id,abstract,ABSTRACT\n1,one,two\n")


def test_refuses_an_empty_file() -> None:
    """A file without a header is refused: it may have been cut off."""
    for content in (b"", b"\n\n"):
        with pytest.raises(
            InvalidInputError, match=r"papers\.csv is empty\. The first line names the columns, abstract"
        ):
            _read(content)


def test_refuses_a_header_that_is_no_csv() -> None:
    """The error of a stray quote in the first line names it."""
    with pytest.raises(InvalidInputError, match=r"papers\.csv does not begin like CSV: .*expected after"):
        _read(b'"abs"tract\n')


def test_skips_blank_lines_before_the_header() -> None:
    """The first line with anything in it is the header."""
    assert _read(b"\n\nabstract\none\n") == [(4, None, None, "one", None, None, None, None)]


def test_skips_blank_lines() -> None:
    """Blank lines are no records."""
    assert len(_read(HEADER + b"\n1,one\n\n")) == 1
