"""Reading Arrow columns at once, against reading them row by row."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.datasets import arrow_rows
from adapters.datasets.arrow_batches import read_batch
from adapters.datasets.columns import DATES, UPDATED, one_date
from adapters.datasets.records import Limits, read_row
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.ports.dataset import BadRecord

LIMITS = Limits(max_characters=30, latest="2026-11-30")
WHITE_SPACE = "".join(chr(code) for code in range(sys.maxunicode) if chr(code).isspace())
LETTERS = "ab \t\n\x00\x01\x1c\x7f.\u00e9\u2003\u2013\u4e2d\U0001d400"
WORDS = st.one_of(
    st.none(),
    st.just(""),
    st.sampled_from(["We train a network.", "x" * 31, "\u00e9" * 20, "a  b", " a", "a ", "Gr\u00f6\u00dfe \u2019s"]),
    st.text(alphabet=st.sampled_from(LETTERS) | st.sampled_from(WHITE_SPACE), max_size=12),
)
IDS = st.one_of(
    st.none(),
    st.sampled_from(
        ["2501.01234", "2501.1234", "2513.01234", "2500.0123", "9901.00001", "2612.00001", "2501.01234v2", "2501.0123a"]
    ),
    st.sampled_from(
        ["hep-th/9901001", "x:2501.01234", " 2501.01234", "2501.01234\n", "a b", "", " ", "\u00e92501.01234"]
    ),
    st.text(alphabet="0123456789.", min_size=8, max_size=11),
)
DAYS = st.sampled_from(
    [None, "", " ", "2025-02", "2025-02-29", "2024-02-29", "soon", "1989-05", "2027-01", "2025-03-01T12:00"]
)
RECORDS = st.lists(
    st.fixed_dictionaries({"id": IDS, "title": WORDS, "abstract": WORDS, "date": DAYS, UPDATED: DAYS}), max_size=8
)
KINDS = [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())]


def places_of(batch: pa.RecordBatch) -> dict[str, str]:
    """The columns under their own names."""
    return one_date({name: name for name in ("id", "title", "abstract", *DATES, UPDATED) if name in batch.schema.names})


def by_columns(batch: pa.RecordBatch) -> list[Abstract | BadRecord]:
    """The rows as they are read at once."""
    found = list(read_batch(batch, places_of(batch), "s", 1, LIMITS))
    assert all(len(each) for each in found if isinstance(each, AbstractBatch)) or not batch.num_rows
    return list(flat(found))


def flat(found: Sequence[AbstractBatch | BadRecord]) -> Iterator[Abstract | BadRecord]:
    """Single rows."""
    for each in found:
        if isinstance(each, BadRecord):
            yield each
        else:
            yield from each


def by_rows(batch: pa.RecordBatch) -> list[Abstract | BadRecord]:
    """The rows as they are read one by one."""
    return [read_row(row, "s", LIMITS) for row in arrow_rows.rows([batch], places_of(batch))]


def batch_of(records: Sequence[dict[str, Any]], kind: pa.DataType) -> pa.RecordBatch:
    """Records with their texts as an Arrow type."""
    names = ("id", "title", "abstract", "date", UPDATED)
    text = [pa.array([record[name] for record in records], pa.string()) for name in names]
    arrays = [each.dictionary_encode() if pa.types.is_dictionary(kind) else each.cast(kind) for each in text]
    return pa.RecordBatch.from_arrays(arrays, list(names))


@given(RECORDS, st.sampled_from(KINDS), st.integers(0, 3), st.sets(st.sampled_from(["id", "title", "date", UPDATED])))
@example([dict.fromkeys(("id", "title", "abstract", "date", UPDATED), None)], pa.string(), 0, set())
def test_columns_give_the_abstracts_and_errors_of_rows(
    records: list[dict[str, Any]], kind: pa.DataType, first: int, dropped: set[str]
) -> None:
    """Any mixture of good, odd and bad rows, of any type of text and with any columns, is read as row by row."""
    batch = batch_of(records, kind).slice(first)
    batch = batch.select([name for name in batch.schema.names if name not in dropped])
    assert by_columns(batch) == by_rows(batch)


@pytest.mark.parametrize("space", WHITE_SPACE)
def test_all_white_space_is_folded(space: str) -> None:
    """Every character that Python calls white space becomes a space, at the ends of texts and inside them."""
    texts = [f"a{space}b", f"{space}a", f"a{space}", f"a {space}b", space]
    batch = pa.RecordBatch.from_pydict({"abstract": texts, "title": texts[::-1]})
    assert by_columns(batch) == by_rows(batch)


def test_text_that_is_not_utf8_is_refused_with_its_row() -> None:
    """A row with broken bytes is bad, and the others are read."""
    raw = pa.array([b"We train.", b"\xffbad", b"Two \xe2\x80\x99words", b"\xed\xa0\x80"], pa.binary())
    texts = pa.Array.from_buffers(pa.string(), len(raw), raw.buffers())
    batch = pa.RecordBatch.from_arrays([texts, texts], ["abstract", "title"])
    found = by_columns(batch)
    assert found == by_rows(batch)
    assert [isinstance(each, BadRecord) for each in found] == [False, True, False, True]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("id", pa.array([7, None, -1], pa.int64())),
        ("id", pa.array([None] * 3, pa.null())),
        ("date", pa.array([0, None, 20_000], pa.date32())),
        ("date", pa.array([10**9, None, 1_600_000_000], pa.timestamp("s", tz="UTC"))),
        ("versions", pa.array([[{"created": "Mon, 2 Apr 2007 19:18:42 GMT"}], [], None])),
        (UPDATED, pa.array(["2020-01-02", "x", None], pa.string())),
    ],
)
def test_other_types_are_read_as_row_by_row(name: str, values: pa.Array) -> None:
    """Numbers as ids, dates of Arrow's own and lists of versions mean what they mean elsewhere."""
    batch = pa.RecordBatch.from_arrays([pa.array(["One.", "Two.", "Three."]), values], ["abstract", name])
    assert by_columns(batch) == by_rows(batch)


def test_good_rows_stay_together_in_columns() -> None:
    """Rows without errors are one batch, which a bad row cuts in two."""
    batch = pa.RecordBatch.from_pydict({"abstract": ["One.", "Two  words.", None, "Four."]})
    found = list(read_batch(batch, {"abstract": "abstract"}, "s", 11, LIMITS))
    assert [len(each) if isinstance(each, AbstractBatch) else each.line for each in found] == [2, 13, 1]
