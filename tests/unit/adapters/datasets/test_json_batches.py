"""JSON lines that Arrow reads give the rows that a reader of lines gives."""

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.datasets import json_batches, json_lines, runs
from adapters.datasets.columns import UNLABELLED
from tests.unit.adapters.datasets import block_reading

PLAIN = [{"id": str(n), "title": f"title {n}", "abstract": f"we study {n}", "n": n} for n in range(3)]
WITH_DATE = [{**record, "date": f"2020-0{n + 1}-01"} for n, record in enumerate(PLAIN)]


by_lines = partial(block_reading.by_records, file_format="jsonl")
by_blocks = partial(block_reading.by_blocks, file_format="jsonl")


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_batches, "_FIRST_LINES", 3)
    monkeypatch.setattr(json_batches, "_BLOCK_BYTES", 150)


def lines(*records: object) -> bytes:
    """Records as JSON lines; bytes are lines as they are."""
    return b"".join(each if isinstance(each, bytes) else json.dumps(each).encode() + b"\n" for each in records)


texts = st.text(alphabet="ab c\u00e9\u03b1\u2028\u00a0\n\t\\\"{}[]'\x00\U0001f600", max_size=12)
values = st.one_of(texts, st.none(), st.integers(0, 10**20), st.lists(texts, max_size=2))
records = st.one_of(
    st.sampled_from(WITH_DATE),
    st.builds(lambda number, text: {**WITH_DATE[0], "id": str(number), "abstract": text}, st.integers(0, 9), texts),
    st.builds(
        lambda record, changes: {**record, **changes},
        st.sampled_from(WITH_DATE),
        st.dictionaries(st.sampled_from(["id", "title", "Title", "abstract", "ABSTRACT", "date", "n", "z"]), values),
    ),
    st.dictionaries(st.sampled_from(["id", "abstract", "date"]), texts),
)
raw = st.sampled_from(
    [
        *(b"\n", b"  \n", b"[]\n", b'"a"\n', b"{}\n", b'{"abstract": "a"}{"abstract": "b"}\n', b'{"abstract":\n"a"}\n'),
        *(
            b'{"abstract": "a", "abstract": "b"}\n',
            b'{"abstract": "\xff"}\n',
            b'{"abstract": "\\ud800"}\n',
            b'{"id": NaN}\n',
        ),
        *(
            b'{"abstract": "a\tb"}\n',
            b' {"abstract": "a"}\n',
            b'{"abstract": "a"}\r\n',
            b'{"abstract": "a"} x\n',
            b"\xef\xbb\xbf{}\n",
        ),
        b'{"\\u0041bstract": "a"}\n',
    ]
)


@given(st.lists(records | raw, max_size=12), st.booleans())
@example([b'{"abstract": "a"}{"abstract": "b"}\n', b"\n"], True)
@example([{**WITH_DATE[0], "date": "not a date"}, {**WITH_DATE[0], "date": None}], False)
def test_blocks_have_the_rows_of_lines(some: Sequence[object], ended: bool) -> None:
    """Whatever the lines hold: the same abstracts, bad records, line numbers and errors."""
    content = lines(*WITH_DATE, *WITH_DATE, *some, *WITH_DATE)
    content = content if ended else content[:-1]
    assert by_blocks(content) == by_lines(content)


@given(st.lists(records | raw, max_size=6))
def test_odd_first_lines_change_nothing(some: Sequence[object]) -> None:
    """The first lines may have any form."""
    content = lines(*some, *PLAIN, *PLAIN)
    assert by_blocks(content) == by_lines(content)


def test_arrow_reads_plain_lines() -> None:
    """All lines but the first come as batches, and an odd line costs its block alone."""
    seen: list[int] = []
    content = lines(*PLAIN, *PLAIN * 20)
    assert by_blocks(content, seen=seen) == by_lines(content) and sum(seen) == 60
    seen.clear()
    content = lines(*PLAIN, *PLAIN * 20, {"abstract": 5}, *PLAIN * 20)
    assert by_blocks(content, seen=seen) == by_lines(content) and 110 < sum(seen) < 120


@pytest.mark.parametrize("twice", [{"Title": "b"}, {"published": "2020-01"}, {"abstract ": "x"}])
def test_two_fields_for_a_column_are_read_by_lines(twice: dict[str, str]) -> None:
    """A record may have either field, so that no place holds for all."""
    seen: list[int] = []
    content = lines(*WITH_DATE, {**WITH_DATE[0], **twice}, *WITH_DATE * 9)
    for first in (3, 4):
        seen.clear()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(json_batches, "_FIRST_LINES", first)
            assert by_blocks(content, seen=seen) == by_lines(content)
        assert bool(seen) == (first == 3)


@pytest.mark.parametrize("size", [160, 161, 176, 177, 400, 600])
@pytest.mark.parametrize("ended", [True, False])
def test_a_line_longer_than_any_record_is_one_bad_record(
    size: int, ended: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is skipped to its end, and the lines after it keep their numbers."""
    for module in (json_lines, json_batches):
        monkeypatch.setattr(module, "MAX_LINE_BYTES", 160)
    long = b'{"abstract": "' + b"x" * (size - 16) + b'"}' + b"\n" * ended
    content = lines(*PLAIN, *PLAIN, long, *(PLAIN * 4 if ended else ()))
    found = by_blocks(content)
    assert found == by_lines(content)
    assert isinstance(found, list) and (7, "The line has more than 160 bytes.") in found


def test_a_file_is_read_in_blocks_only_if_it_is_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Short files need no Arrow. A compressed file counts by its own size."""
    path = tmp_path / "papers.jsonl"
    path.write_bytes(lines(*PLAIN * 40))
    assert not any(isinstance(run, runs._ArrowRun) for run in runs.runs_of_file(path, "jsonl", UNLABELLED))
    monkeypatch.setattr(runs, "_LEAST_BYTES", 1000)
    assert any(isinstance(run, runs._ArrowRun) for run in runs.runs_of_file(path, "jsonl", UNLABELLED))
    kept = UNLABELLED.keeping(["n"])
    assert not any(isinstance(run, runs._ArrowRun) for run in runs.runs_of_file(path, "jsonl", kept))


def test_named_columns_are_found() -> None:
    """--columns holds for blocks too."""
    columns = UNLABELLED.called({"abstract": "Summary"})
    records_ = [{"Summary": f"we study {n}", "id": str(n)} for n in range(30)]
    seen: list[int] = []
    assert (
        by_blocks(lines(*records_), columns=columns, seen=seen) == by_lines(lines(*records_), columns=columns)
        and sum(seen) == 27
    )
