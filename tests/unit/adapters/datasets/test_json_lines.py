"""JSON lines, whole and broken."""

import io
import json

import pytest

from adapters.datasets import json_lines
from adapters.datasets.columns import LABELLED, UNLABELLED, Columns
from adapters.datasets.records import Row
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord
from tests.unit.adapters.datasets.written import RECORDS
from tests.unit.adapters.datasets.written import json_lines as written

GOOD = b'{"abstract": "text", "categories": "cs.LG"}\n'


def _read(content: bytes, columns: Columns = LABELLED) -> list[Row | BadRecord]:
    return list(json_lines.rows(io.BytesIO(content), "papers.jsonl", columns))


def _bad(content: bytes) -> dict[int, str]:
    return {row.line: row.reason for row in _read(content) if isinstance(row, BadRecord)}


def test_reads_every_field() -> None:
    """A row holds the line, id, title, abstract, categories and date as they stand in the record."""
    rows = _read(written(RECORDS))
    assert [row[0] for row in rows if not isinstance(row, BadRecord)] == [1, 2, 3]
    assert rows[0] == (
        1,
        "2501.01234",
        "On\n  learning",
        "  We train\n a network. ",
        ["cs.LG", "stat.ML"],
        "2025-01",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"abstract": "half a li', "not JSON"),
        (b'{"abstract": "\xff\xfe", "categories": "cs.LG"}', "not valid UTF-8 at byte 15"),
        (b"[" * 100_000, "not JSON"),
        (b'"text"', "a JSON str, not an object"),
        (b"[1]", "a JSON list, not an object"),
        (b"null", "a JSON NoneType, not an object"),
        (b'{"id": "7"}', "only id"),
        (b"{}", "only no"),
        (b'{"n": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
)
def test_reports_a_broken_line_and_goes_on(line: bytes, words: str) -> None:
    """A line that is no record is reported with its number, and those around it are read."""
    content = GOOD + line + b"\n" + GOOD
    assert words in _bad(content)[2]
    assert len(_read(content)) == 3


def test_counts_blank_lines_without_reporting_them() -> None:
    """Blank lines are no records, yet they count as lines."""
    assert [row[0] for row in _read(b"\n" + GOOD + b"  \r\n" + GOOD) if not isinstance(row, BadRecord)] == [2, 4]


def test_reads_a_last_line_without_its_end() -> None:
    """The last line needs no line feed."""
    assert len(_read(GOOD + GOOD.rstrip())) == 2


def test_takes_a_byte_order_mark() -> None:
    """A byte order mark before the first record is no part of it."""
    assert not _bad(b"\xef\xbb\xbf" + GOOD)


def test_reads_past_a_line_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is longer than any record is one bad record, and is not held in memory."""
    monkeypatch.setattr(json_lines, "MAX_LINE_BYTES", 64)
    content = GOOD + b'{"abstract": "' + b"x" * 500 + b'"}\n' + GOOD
    assert list(_bad(content)) == [2]
    assert len(_read(content)) == 3


def test_refuses_other_columns() -> None:
    """If no record has the wanted fields, the error lists those found and those wanted."""
    content = b'{"text": "a", "labels": "b"}\n' * 3
    with pytest.raises(InvalidInputError, match=r"text, labels; wanted are abstract and categories"):
        _read(content)


def test_refuses_other_columns_soon() -> None:
    """A large file with other columns is refused before its end."""
    stream = io.BytesIO(b'{"text": "a"}\n' * 10_000)
    with pytest.raises(InvalidInputError, match="wanted are abstract"):
        list(json_lines.rows(stream, "papers.jsonl", UNLABELLED))
    assert stream.tell() < 10_000


def test_reports_a_first_record_without_fields_where_others_have_them() -> None:
    """One record without the wanted fields is a bad record, in its place, if another has them."""
    assert [row.line if isinstance(row, BadRecord) else row[0] for row in _read(b'{"id": "1"}\n' + GOOD)] == [1, 2]


@pytest.mark.parametrize("indent", [None, 2])
def test_refuses_one_json_array(indent: int | None) -> None:
    """A file that is one JSON array is refused with the form that is wanted."""
    content = json.dumps([{"abstract": "text", "categories": "cs.LG"}], indent=indent).encode()
    with pytest.raises(InvalidInputError, match="one object a line"):
        _read(content)


def test_takes_an_empty_file() -> None:
    """An empty file has no rows."""
    assert _read(b"") == []
