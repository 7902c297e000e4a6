"""CSV that Arrow reads gives the rows that a reader of records gives."""

import csv
import io
from collections.abc import Sequence
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.datasets import csv_batches
from tests.unit.adapters.datasets import block_reading

HEADER = ["id", "Title", "abstract", "date", "note"]
PLAIN = [[str(n), f'a "title" {n}', f"we study {n}, and more", f"2020-0{n + 1}", ""] for n in range(4)]


by_records = partial(block_reading.by_records, file_format="csv")
by_blocks = partial(block_reading.by_blocks, file_format="csv")


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_batches, "_BLOCK_BYTES", 120)
    monkeypatch.setattr(csv_batches, "_LONGEST_LINE", 300)


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
