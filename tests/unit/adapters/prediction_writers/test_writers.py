"""The formats predictions are written in."""

import csv
import io
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from adapters.prediction_writers import parquet
from adapters.prediction_writers.csv import CsvWriter
from adapters.prediction_writers.jsonl import JsonLinesWriter
from adapters.prediction_writers.parquet import ParquetWriter
from adapters.prediction_writers.table import TableWriter
from application.predictions.selection import Selection
from domain.abstract_batch import TextColumn
from domain.chosen_categories import ChosenCategories
from domain.ports.prediction_writer import PredictionWriter
from domain.prediction import PredictionBatch
from domain.prediction_warning import PredictionWarning
from domain.thresholds import Thresholds
from tests.examples import small_taxonomy

COLUMNS = len(small_taxonomy())
IDS = st.none() | st.text(st.characters(codec=None, exclude_characters="\0"), max_size=8)
PROBABILITY = st.floats(0, 1, width=32)
RECORDS = st.lists(st.tuples(IDS, st.lists(PROBABILITY, min_size=COLUMNS, max_size=COLUMNS)), max_size=5)
Records = list[tuple[str | None, list[float]]]
WRITERS: list[type[PredictionWriter]] = [JsonLinesWriter, CsvWriter, ParquetWriter, TableWriter]


def _chosen(rows: Sequence[Sequence[float]] | NDArray[np.float32], threshold: float = 0.0) -> ChosenCategories:
    buffer = np.array(rows, np.float32).reshape(len(rows), COLUMNS)
    return Selection(Thresholds(threshold), fallback=False).chosen(PredictionBatch(small_taxonomy(), buffer.data))


def _written(writer_type: type, records: Records, *, batch_size: int = 2, threshold: float = 0.0) -> bytes:
    stream = io.BytesIO()
    writer: PredictionWriter = writer_type(stream, small_taxonomy())
    for start in range(0, len(records), batch_size):
        batch = records[start : start + batch_size]
        writer.write([id_ for id_, _ in batch], _chosen([row for _, row in batch], threshold))
    writer.finish()
    return stream.getvalue()


@given(records=RECORDS)
def test_json_lines_parse_back_to_ids_and_ranked_probabilities(records: Records) -> None:
    """Each line is a JSON object with the id given and the predictions sorted, at four decimals."""
    lines = [json.loads(line) for line in _written(JsonLinesWriter, records).splitlines()]
    assert [line["id"] for line in lines] == [id_ for id_, _ in records]
    for line, (_, row) in zip(lines, records, strict=True):
        given_ = [entry["probability"] for entry in line["predictions"]]
        assert given_ == sorted(given_, reverse=True)
        by_label = {entry["label"]: entry["probability"] for entry in line["predictions"]}
        expected = {str(c): p for c, p in zip(small_taxonomy(), row, strict=True)}
        assert by_label == pytest.approx(expected, abs=5.1e-5)


def test_a_json_line_looks_as_documented() -> None:
    """The spelling of a row is that of the documentation."""
    written = _written(JsonLinesWriter, [("1704.1", [0.1, 0.0, 0.30004, 0.0, 0.92])], threshold=0.1)
    assert written.decode() == (
        '{"id": "1704.1", "predictions": [{"label": "cs.CV", "probability": 0.92}, '
        '{"label": "math-ph", "probability": 0.3}, {"label": "cs.LG", "probability": 0.1}]}\n'
    )


def test_json_lines_are_ascii() -> None:
    """Any reader can decode the file, whatever the ids hold."""
    assert _written(JsonLinesWriter, [("é\ud800", [0.5] * COLUMNS)]).isascii()


def test_jsonl_has_the_warnings_of_the_lines_that_have_any() -> None:
    """A warned abstract has code and sentence of each warning behind its predictions. Other lines stay as they are."""
    stream = io.BytesIO()
    chosen = _chosen([[0.5] * COLUMNS, [0.5] * COLUMNS], 0.6)
    JsonLinesWriter(stream, small_taxonomy()).write(
        ["a", "b"], chosen, warnings={1: (PredictionWarning.NO_KNOWN_WORD, PredictionWarning.FEW_WORDS)}
    )
    first, second = stream.getvalue().decode().splitlines()
    assert first == '{"id": "a", "predictions": []}'
    assert json.loads(second) == {
        "id": "b",
        "predictions": [],
        "warnings": [
            {"code": "no_known_word", "message": PredictionWarning.NO_KNOWN_WORD.sentence},
            {"code": "few_words", "message": PredictionWarning.FEW_WORDS.sentence},
        ],
    }


@example(records=[(f"a{special}b", [0.5] * COLUMNS) for special in ("\r", "\n", ",", '"')])
@given(records=RECORDS)
def test_csv_reads_back_with_one_row_per_abstract(records: Records) -> None:
    """A CSV reader finds the columns id, labels and probabilities, as many labels as probabilities."""
    text = _written(CsvWriter, records).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["id"] for row in rows] == [
        (id_ or "").encode("utf-8", "backslashreplace").decode() for id_, _ in records
    ]
    assert all(len(row["labels"].split()) == len(row["probabilities"].split()) == COLUMNS for row in rows)


@given(records=RECORDS)
def test_parquet_reads_back_unrounded(records: Records) -> None:
    """Parquet keeps each probability as the model gave it."""
    table = pq.read_table(io.BytesIO(_written(ParquetWriter, records))).to_pylist()
    assert [sorted(entry["probability"] for entry in row["predictions"]) for row in table] == [
        sorted(row) for _, row in records
    ]
    assert [row["id"] is None for row in table] == [id_ is None for id_, _ in records]


def test_parquet_gathers_batches_into_row_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small batches do not make small row groups."""
    monkeypatch.setattr(parquet, "ROWS_PER_GROUP", 8)
    written = _written(ParquetWriter, [(str(i), [0.5] * COLUMNS) for i in range(20)], batch_size=4)
    metadata = pq.ParquetFile(io.BytesIO(written)).metadata
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [8, 8, 4]


def test_the_sizes_of_batches_change_no_byte_of_parquet(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that goes on with another --batch-size makes the same parts."""
    monkeypatch.setattr(parquet, "ROWS_PER_GROUP", 8)
    records: Records = [(str(i), [i / 20] * COLUMNS) for i in range(20)]
    files = {_written(ParquetWriter, records, batch_size=size) for size in (1, 3, 4, 8, 11, 20)}
    assert len(files) == 1


def test_parquet_is_written_without_pandas() -> None:
    """Importing pandas, which pyarrow does for its conveniences, would take a second of every command."""
    code = (
        "import io, sys, numpy as np; from adapters.prediction_writers.parquet import ParquetWriter as W;"
        "from domain.chosen_categories import ChosenCategories as C; from tests.examples import small_taxonomy as t;"
        "n = np.array([0]).data; w = W(io.BytesIO(), t());"
        "w.write(['a'], C(t(), np.array([0, 1]).data, n, np.array([0.5], np.float32).data)); w.finish();"
        "assert 'pyarrow' in sys.modules and 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=Path(__file__).parents[4])


def test_the_table_of_one_abstract_without_id_has_no_column_for_ids() -> None:
    """One abstract's categories stand under a heading, with their names."""
    lines = _written(TableWriter, [(None, [0.1, 0.0, 0.0, 0.0, 0.92])], threshold=0.1).decode().splitlines()
    assert lines == [
        "label    probability  category",
        "cs.CV         0.9200  Computer Vision",
        "cs.LG         0.1000  Machine Learning",
    ]


def test_the_table_of_several_abstracts_shows_each_id_once() -> None:
    """Of several abstracts, each is found by its id on its first line. One without categories says so."""
    lines = _written(TableWriter, [("a", [0.5, 0.6, 0, 0, 0]), ("b", [0] * COLUMNS)], threshold=0.5).decode()
    assert [line[:20].strip() for line in lines.splitlines()] == ["id", "a", "", "b"]
    assert "(none at or above the threshold)" in lines


@pytest.mark.parametrize("writer_type", WRITERS)
@given(ids=st.lists(st.none() | st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), min_size=1, max_size=5))
def test_ids_in_a_column_are_written_as_in_a_list(writer_type: type, ids: list[str | None]) -> None:
    """The bytes are the same, also of a part of a column."""
    files = []
    for given_ in (ids, TextColumn.of(["before", *ids, None])[1:-1]):
        stream = io.BytesIO()
        writer: PredictionWriter = writer_type(stream, small_taxonomy())
        writer.write(given_, _chosen([[0.5] * COLUMNS] * len(ids)))
        writer.finish()
        files.append(stream.getvalue())
    assert files[0] == files[1]


@pytest.mark.parametrize("writer_type", WRITERS)
def test_nothing_to_write_is_no_error(writer_type: type) -> None:
    """A file without abstracts gives a file without predictions."""
    assert isinstance(_written(writer_type, []), bytes)


@pytest.mark.parametrize("writer_type", WRITERS)
def test_an_empty_batch_adds_nothing(writer_type: type) -> None:
    """A batch without abstracts is no row."""
    stream = io.BytesIO()
    writer: PredictionWriter = writer_type(stream, small_taxonomy())
    before = len(stream.getvalue())
    writer.write([], _chosen([]))
    assert len(stream.getvalue()) == before or writer_type is TableWriter  # which writes its heading


@pytest.mark.parametrize("writer_type", WRITERS)
def test_ids_and_predictions_must_be_as_many(writer_type: type) -> None:
    """An id too few is a programmer's mistake, not a shifted file."""
    writer = writer_type(io.BytesIO(), small_taxonomy())
    with pytest.raises(ValueError):
        writer.write(["a"], _chosen([[0.5] * COLUMNS] * 2))
