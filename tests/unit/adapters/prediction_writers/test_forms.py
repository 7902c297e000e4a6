"""The additions to predictions in each form of output, and the layouts of parquet."""

import csv
import io
import json
import math
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.datasets.kept_rows import ArrowKept, ListedKept
from adapters.prediction_writers.csv import CsvWriter
from adapters.prediction_writers.jsonl import JsonLinesWriter
from adapters.prediction_writers.parquet import ParquetWriter
from application.predictions.selection import Selection
from domain.chosen_categories import ChosenCategories
from domain.errors import InvalidInputError
from domain.label import Label
from domain.output_form import NOTHING_BESIDE, Beside, Layout, OutputForm
from domain.ports.prediction_writer import PredictionWriter
from domain.prediction import PredictionBatch
from domain.taxonomy import CategoryInfo, Taxonomy
from domain.thresholds import Thresholds
from tests.examples import small_taxonomy

LABELS = [str(category) for category in small_taxonomy()]
NAMES = [info.name for info in small_taxonomy().infos]
TABLES = st.lists(st.lists(st.floats(0, 1, width=32), min_size=len(LABELS), max_size=len(LABELS)), max_size=6)
FOUND: list[list[float]] = [[0.25, 0, 0.5, 0, 0.75], [0] * 5, [0.5, 0, 0, 0, 0]]


def chosen(rows: list[list[float]], threshold: float = 0.2) -> ChosenCategories:
    """The categories of some probabilities."""
    table = np.array(rows, np.float32).reshape(len(rows), len(LABELS))
    return Selection(Thresholds(threshold), fallback=False).chosen(PredictionBatch(small_taxonomy(), table.data))


def written(
    writer_type: type, form: OutputForm, rows: list[list[float]], beside: Beside, threshold: float = 0.2
) -> bytes:
    """The file with those probabilities, whose papers are called 0, 1, 2 and so on."""
    stream = io.BytesIO()
    writer: PredictionWriter = writer_type(stream, small_taxonomy(), form=form)
    writer.write([str(number) for number in range(len(rows))], chosen(rows, threshold), beside=beside)
    writer.finish()
    return stream.getvalue()


def table_of(
    form: OutputForm, rows: list[list[float]], beside: Beside = NOTHING_BESIDE, threshold: float = 0.2
) -> pa.Table:
    """The parquet file with those probabilities."""
    return pq.read_table(io.BytesIO(written(ParquetWriter, form, rows, beside, threshold)))


def primaries(*columns: int) -> Beside:
    """The primary category of each paper."""
    return Beside(primaries=np.array(columns, np.int32).data)


@given(rows=TABLES)
def test_rows_hold_what_lists_hold(rows: list[list[float]]) -> None:
    """The layout of rows is that of lists, unfolded."""
    lists = table_of(OutputForm(names=True), rows).to_pylist()
    unfolded = [{"id": row["id"], **each} for row in lists for each in row["predictions"]]
    assert table_of(OutputForm(Layout.ROWS, names=True), rows).to_pylist() == unfolded


@given(rows=TABLES, threshold=st.floats(0, 1))
def test_columns_hold_what_was_chosen(rows: list[list[float]], threshold: float) -> None:
    """A category that was not chosen is null, and others are off by half of float16's last place at most."""
    table = table_of(OutputForm(Layout.COLUMNS), rows, threshold=threshold)
    assert table.schema.names == ["id", *LABELS]
    for row, found in zip(rows, table.to_pylist(), strict=True):
        for label, probability in zip(LABELS, row, strict=True):
            if probability >= threshold:
                assert found[label] == pytest.approx(probability, abs=2.5e-4)
            else:
                assert found[label] is None


def test_columns_say_the_names_of_their_categories() -> None:
    """A column is half a float wide, and its metadata has the category's name."""
    schema = table_of(OutputForm(Layout.COLUMNS), FOUND).schema
    assert {schema.field(label).type for label in LABELS} == {pa.float16()}
    assert [schema.field(label).metadata[b"name"].decode() for label in LABELS] == NAMES


@pytest.mark.parametrize("layout", list(Layout))
def test_the_primary_category_stands_in_each_row(layout: Layout) -> None:
    """Every layout has it beside the id; of rows, each label of a paper has it."""
    table = table_of(OutputForm(layout, primary=True), FOUND, primaries(4, 1, 0))
    by_id = dict(zip(table["id"].to_pylist(), table["primary"].to_pylist(), strict=True))
    expected = {"0": LABELS[4], "1": LABELS[1], "2": LABELS[0]}
    assert by_id == {id: primary for id, primary in expected.items() if layout != Layout.ROWS or id != "1"}


def test_json_lines_have_names_and_the_primary_category() -> None:
    """A name stands in its prediction, and the primary category before all predictions."""
    form = OutputForm(names=True, primary=True)
    first, *_ = written(JsonLinesWriter, form, FOUND, primaries(4, 1, 0)).splitlines()
    assert list(json.loads(first)) == ["id", "primary", "predictions"]
    assert json.loads(first)["primary"] == LABELS[4]
    assert json.loads(first)["predictions"][1] == {"label": LABELS[2], "name": NAMES[2], "probability": 0.5}


def test_csv_has_names_and_the_primary_category() -> None:
    """They are two more columns."""
    text = written(CsvWriter, OutputForm(names=True, primary=True), FOUND, primaries(4, 1, 0)).decode()
    first, second, _ = csv.DictReader(io.StringIO(text, newline=""))
    assert first["names"] == "; ".join([NAMES[4], NAMES[2], NAMES[0]])
    assert [row["primary"] for row in (first, second)] == [LABELS[4], LABELS[1]]
    assert second["names"] == ""


def test_two_columns_of_one_name_are_refused() -> None:
    """A label called id has no column of its own in the layout of columns."""
    taxonomy = Taxonomy((CategoryInfo(Label("id"), "Identity", "own"),))
    with pytest.raises(InvalidInputError, match="two columns named id"):
        ParquetWriter(io.BytesIO(), taxonomy, form=OutputForm(Layout.COLUMNS))


def test_kept_values_that_json_lacks_are_valid_json() -> None:
    """NaN and infinities are null, also within lists. Bytes are Base64 and dates ISO 8601, in CSV as well."""
    day, lost = date(2026, 1, 2), [math.nan, {"x": -math.inf}, (1.5,)]
    values = ListedKept(("a", "b", "c", "d"), [[math.inf, b"\xff", lost, [day]]] * len(FOUND))
    form = OutputForm(kept=values.names)
    first, *_ = written(JsonLinesWriter, form, FOUND, Beside(kept=values)).splitlines()
    found = json.loads(first, parse_constant=pytest.fail)
    assert [found[name] for name in values.names] == [None, "/w==", [None, {"x": None}, [1.5]], ["2026-01-02"]]
    (row, *_) = csv.DictReader(io.StringIO(written(CsvWriter, form, FOUND, Beside(kept=values)).decode(), newline=""))
    assert (row["b"], row["c"], row["d"]) == ("/w==", '[null, {"x": null}, [1.5]]', '["2026-01-02"]')
    kept = pa.record_batch(values)
    assert (kept["a"][0].as_py(), kept["c"][0].as_py()) == ("null", '[null, {"x": null}, [1.5]]')


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize(
    ("value", "view", "plain"),
    [
        ("x", pa.string_view(), pa.string()),
        (b"x", pa.binary_view(), pa.binary()),
        (["x"], pa.list_(pa.string_view()), pa.list_(pa.string())),
        (["x"], pa.large_list(pa.string_view()), pa.large_list(pa.string())),
        (["x"], pa.list_(pa.string_view(), 1), pa.list_(pa.string(), 1)),
        ({"a": "x"}, pa.struct([("a", pa.string_view())]), pa.struct([("a", pa.string())])),
        ([("a", "x")], pa.map_(pa.string(), pa.string_view()), pa.map_(pa.string(), pa.string())),
    ],
    ids=str,
)
def test_kept_views_are_written_in_every_layout(layout: Layout, value: object, view: pa.DataType, plain: Any) -> None:
    """Arrow takes no rows of views, which the layout of rows needs, so the output has plain text and bytes."""
    kept = ArrowKept(pa.record_batch([pa.array([value, None, value], view)], ["k"]))
    table = table_of(OutputForm(layout, kept=("k",)), FOUND, Beside(kept=kept))
    assert table.schema.field("k").type == plain
    by_id = dict(zip(table["id"].to_pylist(), table["k"].to_pylist(), strict=True))
    assert (by_id["0"], by_id["2"]) == (value, value)
