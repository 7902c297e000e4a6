"""Predicting in parts on an engine gives the parts that one process gives."""

import json
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.datasets.part_cutters import RowsThemselves
from application.predict_parts import PartsReport, PredictParts, write_part
from application.predict_parts_on_engine import PredictPartsOnEngine
from domain.part_work import FinishedPart, PartRows
from domain.ports.prediction_parts import Part
from tests.fakes.engine import FakeEngine
from tests.unit.application.test_predict_parts import BAD, IDS, ListedRows, MemoryParts, MemoryWriter, Stop, predict


def open_worker() -> Callable[[PartRows], FinishedPart]:
    """A worker whose parts hold ids."""

    def work(part: PartRows) -> FinishedPart:
        writer = MemoryWriter(MemoryParts())
        made = Part(writer)
        rows = write_part(predict, part.rows or (), made)
        assert writer.finished
        return FinishedPart(part.number, json.dumps(writer.ids).encode(), rows, made.rejected)

    return work


def run(ids: Sequence[str], store: MemoryParts, size: int, ahead: int = 3) -> PartsReport:
    """One run over the ids on an engine."""
    rows = RowsThemselves(ListedRows(ids))
    return PredictPartsOnEngine(FakeEngine(ahead), open_worker, rows, store, rows_per_part=size)()


@given(ids=IDS, size=st.integers(1, 12), rooms=st.lists(st.integers(0, 15), max_size=4), ahead=st.integers(1, 5))
def test_a_stopped_run_on_an_engine_ends_as_one_process_would(
    ids: list[str], size: int, rooms: list[int], ahead: int
) -> None:
    """Whatever the order in which parts are done, and wherever runs stopped, parts and report are the same."""
    whole, stopped = MemoryParts(), MemoryParts()
    expected = PredictParts(predict, ListedRows(ids), whole, rows_per_part=size)()
    for room in rooms:
        stopped.room = room
        try:
            run(ids, stopped, size, ahead)
        except Stop:
            assert stopped.finished == []
    stopped.room = 1_000_000
    report = run(ids, stopped, size, ahead)
    assert stopped.parts == whole.parts
    assert stopped.finished[-1] == whole.finished[-1] == (expected.parts, expected.rows)
    assert (report.parts, report.rows) == (expected.parts, expected.rows)
    assert stopped.written == len(whole.parts)


def test_the_report_tells_old_parts_from_new_ones() -> None:
    """Rows that an earlier run wrote are counted apart. Bad rows are those of all parts."""
    ids = ["a", BAD, "c", "d", BAD, "f", "g"]
    store = MemoryParts()
    store.parts[0] = (["a", "c"], [2])
    assert run(ids, store, 3) == PartsReport(parts=3, rows=7, parts_before=1, rows_before=3, rejected=2)


def test_rows_are_cut_as_the_engine_needs_them() -> None:
    """An input of any size is not read ahead."""
    engine, store = FakeEngine(2), MemoryParts()
    store.room = 0
    rows = RowsThemselves(ListedRows(list("abcdefgh")))
    with pytest.raises(Stop):
        PredictPartsOnEngine(engine, open_worker, rows, store, rows_per_part=1)()
    assert engine.read == 2


def test_a_part_of_no_rows_is_a_programmers_mistake() -> None:
    """Parts have a row at least."""
    with pytest.raises(ValueError, match="rows_per_part is 0"):
        run([], MemoryParts(), 0)
