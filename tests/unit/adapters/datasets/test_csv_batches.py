"""CSV that Arrow reads gives the rows that a reader of records gives."""

import csv
import io
from collections.abc import Iterator, Sequence
from io import BytesIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.datasets import csv_batches, runs
from adapters.datasets.columns import UNLABELLED, Columns
from adapters.datasets.formats import rows_of_text
from adapters.datasets.records import Limits, read_row
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.errors import InvalidInputError
from domain.ports.dataset import BadRecord

LIMITS = Limits(200, "2026-06-30")
HEADER = ["id", "Title", "abstract", "date", "note"]
PLAIN = [[str(n), f'a "title" {n}', f"we study {n}, and more", f"2020-0{n + 1}", ""] for n in range(4)]
Found = list[Abstract | tuple[int, str]]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_batches, "_BLOCK_BYTES", 120)
    monkeypatch.setattr(csv_batches, "_LONGEST_LINE", 300)


def by_records(content: bytes, columns: Columns = UNLABELLED) -> Found | str:
    """The rows by the reader of records, or the error."""
    try:
        found = [read_row(row, "x", LIMITS) for row in rows_of_text(BytesIO(content), "x", "csv", columns)]
    except InvalidInputError as error:
        return str(error)
    return [(each.line, each.reason) if isinstance(each, BadRecord) else each for each in found]


def by_blocks(content: bytes, columns: Columns = UNLABELLED, seen: list[int] | None = None) -> Found | str:
    """The rows by blocks, or the error. `seen` gets the number of rows of each block that Arrow read."""
    try:
        return list(_read(content, columns, [] if seen is None else seen))
    except InvalidInputError as error:
        return str(error)


def _read(content: bytes, columns: Columns, seen: list[int]) -> Iterator[Abstract | tuple[int, str]]:
    for run in runs._runs_of_blocks(BytesIO(content), "x", "csv", columns):
        if isinstance(run, runs._ArrowRun):
            seen.append(len(run))
        for each in run.read(LIMITS):
            if isinstance(each, AbstractBatch):
                yield from each
            else:
                yield (each.line, each.reason) if isinstance(each, BadRecord) else each


def table(records: Sequence[object], header: Sequence[str] = HEADER, delimiter: str = ",", end: str = "\n") -> bytes:
    """A table with a header; records that are bytes are lines as they are."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=end).writerow(header)
    parts = [text.getvalue().encode()]
    for record in records:
        if isinstance(record, bytes):
            parts.append(record)
            continue
        text = io.StringIO()
        csv.writer(text, delimiter=delimiter, lineterminator=end).writerow(record)  # type: ignore[arg-type]
        parts.append(text.getvalue().encode("utf-8", "surrogatepass"))
    return b"".join(parts)


texts = st.text(alphabet="ab c,;\u00e9\u03b1\u2028\u00a0\n\r\t\"'\x00", max_size=10)
records = st.one_of(
    st.sampled_from(PLAIN),
    st.builds(
        lambda record, text, place: [*record[:place], text, *record[place + 1 :]],
        st.sampled_from(PLAIN),
        texts,
        st.integers(0, 4),
    ),
    st.lists(texts, max_size=6),
)
raw = st.sampled_from(
    [
        *(b"\n", b"\r\n", b"  \n", b",,,,\n", b'"\n', b'""\n', b'a"b,c,d,e,f\n', b'"a"b,c,d,e,f\n', b'a, "b",c,d,e\n'),
        *(b'x,"a\nb",c,d,e\n', b"1,t,\xff\xfe,2020-01,\n", b"1,t,ab\rc,2020-01,\n", b"1,t,a\x00b,,\n", b"1,t,a\n"),
        *(
            b'1,"t""",a,,\n',
            b'1,"""t",a,,\n',
            b'1,"",a,,\n',
            b"1,t,a,,\r\n",
            b'"1","t","a","",""\r\n',
            b"1,t," + b"x" * 400 + b",,\n",
        ),
    ]
)


@given(st.lists(records | raw, max_size=10), st.sampled_from(["\n", "\r\n"]), st.booleans())
@example([b'a"b,c,d,e,f\n', b'"a\n', b'b",c,d,e,f\n'], "\n", True)
@example([b"1,t," + b"x" * 400 + b",,\n", b"\n"], "\n", True)
def test_blocks_have_the_rows_of_records(some: Sequence[object], end: str, ended: bool) -> None:
    """Whatever the lines hold: the same abstracts, bad records, line numbers and errors."""
    content = table([*PLAIN, *PLAIN, *some, *PLAIN], end=end)
    content = content if ended else content[: -len(end)]
    assert by_blocks(content) == by_records(content)


@given(st.lists(records | raw, max_size=4), st.binary(max_size=3), st.sampled_from(",;\t|"))
@example([], b"\xef\xbb\xbf", ";")
@example([b'"ab\nstract",id\n', b"x,1\n"], b"", ",")
def test_odd_headers_change_nothing(some: Sequence[object], first: bytes, delimiter: str) -> None:
    """A header may be missing, have a mark of UTF-8 or several lines, and be of another delimiter."""
    for content in (
        first + table([*PLAIN, *some], delimiter=delimiter),
        first + b"\n\n" + table([*some, *PLAIN], delimiter=delimiter),
        first + table([*some, *PLAIN])[len(table([])) :],
    ):
        assert by_blocks(content) == by_records(content)


@pytest.mark.parametrize("delimiter", list(",;\t|"))
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_arrow_reads_plain_records(delimiter: str, end: str) -> None:
    """All records come as batches. One of another width costs its block alone."""
    seen: list[int] = []
    content = table(PLAIN * 10, delimiter=delimiter, end=end)
    assert by_blocks(content, seen=seen) == by_records(content) and sum(seen) == 40
    seen.clear()
    content = table([*PLAIN * 10, ["a"], *PLAIN * 10], delimiter=delimiter, end=end)
    assert by_blocks(content, seen=seen) == by_records(content) and 75 < sum(seen) < 80


def test_a_line_break_in_a_field_ends_the_blocks() -> None:
    """The records after it may begin inside lines, so they are read one by one."""
    seen: list[int] = []
    content = table([*PLAIN * 10, ["1", "t", "one\ntwo", "", ""], *PLAIN * 10])
    assert by_blocks(content, seen=seen) == by_records(content) and 35 < sum(seen) <= 40


def test_columns_that_are_named_twice_or_missing_are_refused_alike() -> None:
    """The errors are those of the reader of records."""
    for header in (["abstract", "Abstract ", "abstract"], ["text"], [""]):
        content = table([["a"] * len(header)] * 20, header)
        found = by_blocks(content)
        assert isinstance(found, str) and found == by_records(content)
