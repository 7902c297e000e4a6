"""Where the rows of a part lie, and reading them there."""

import pickle
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.datasets.paper_rows import RowsOfFiles
from adapters.datasets.part_cutters import PlacesOfRows, RowsThemselves
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.part_work import PaperRow
from domain.ports.dataset import BadRecord


@given(sizes=st.lists(st.integers(0, 9), max_size=5), size=st.integers(1, 12), there=st.sets(st.integers(0, 9)))
def test_places_hold_the_rows_of_each_part(sizes: list[int], size: int, there: set[int]) -> None:
    """Files of any size, parts of any size and parts that are passed over."""
    rows = [(str(file), row) for file, rows in enumerate(sizes) for row in range(rows)]
    cutter = PlacesOfRows([(str(file), rows) for file, rows in enumerate(sizes)])
    number, count = 0, size
    while count == size:
        expected = rows[number * size : (number + 1) * size]
        if number in there:
            count = cutter.skip(size)
        else:
            part = cutter.take(number, size)
            count = part.count
            held = [(file, row) for file in part.files for row in range(sizes[int(file)])]
            assert held[part.start : part.start + part.count] == expected
            assert len(held) - len(expected) <= 2 * max(sizes, default=1)  # no file is named in vain
        assert count == len(expected)
        number += 1


def told(rows: list[PaperRow]) -> list[object]:
    """The ids of good rows and the places of bad ones."""
    found: list[object] = []
    for row in rows:
        if isinstance(row, BadRecord):
            found.append((Path(row.source).name, row.line))
        else:
            found += [row.id] if isinstance(row, Abstract) else [each.id for each in row]
    return found


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Two files of small row groups, every seventh row of which is bad."""
    for name, count in (("a", 50), ("b", 30)):
        texts = ["" if row % 7 == 3 else f"we study {row}" for row in range(count)]
        table = pa.table({"id": [f"{name}{row}" for row in range(count)], "abstract": texts})
        pq.write_table(table, tmp_path / f"{name}.parquet", row_group_size=8)
    return [tmp_path / "a.parquet", tmp_path / "b.parquet"]


@pytest.mark.parametrize("size", [1, 8, 13, 50, 200])
def test_a_part_that_is_read_where_it_lies_is_that_of_reading_from_the_beginning(files: list[Path], size: int) -> None:
    """Rows, and the numbers of bad ones, do not depend on where reading began."""
    from_beginning = RowsOfFiles(files, max_characters=100)
    places = PlacesOfRows([(str(file), pq.read_metadata(file).num_rows) for file in files])
    themselves = RowsThemselves(RowsOfFiles(files, max_characters=100))
    for number in range(-(-80 // size)):
        expected = told(list(from_beginning.read(size)))
        part = places.take(number, size)
        lying = RowsOfFiles([Path(file) for file in part.files], max_characters=100, start=part.start)
        assert told(list(lying.read(part.count))) == expected
        sent = pickle.loads(pickle.dumps(themselves.take(number, size)))
        assert (told(sent.rows), sent.count) == (expected, part.count)
    assert places.take(99, size).count == themselves.take(99, size).count == 0


@given(start=st.integers(0, 3), stop=st.integers(0, 3))
def test_abstracts_in_columns_can_be_sent(start: int, stop: int) -> None:
    """A slice of a batch is sent without the others."""
    abstracts = [Abstract("We study é.", None, "1"), Abstract("We.", "On", None, month="2020-01"), Abstract("a b", "c")]
    sent = pickle.loads(pickle.dumps(AbstractBatch.of(abstracts)[start:stop]))
    assert list(sent) == [each for each in abstracts[start:stop]] and isinstance(sent, AbstractBatch)
