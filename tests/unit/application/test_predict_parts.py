"""Predicting in parts, with parts in memory."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from application.predict import Predict, PredictedBatch
from application.predict_parts import PartsReport, PredictParts
from application.predictions.selection import Selection
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch
from domain.arxiv_paper import ArxivPaper
from domain.chosen_categories import ChosenCategories
from domain.explanation import Explanation
from domain.output_form import NOTHING_BESIDE, Beside
from domain.part_work import FinishedPart
from domain.ports.dataset import BadRecord
from domain.ports.prediction_parts import PaperRows, Part, PartStore
from domain.ports.prediction_writer import NO_WARNINGS, PredictionWriter, Warnings
from domain.prediction_warning import PredictionWarning
from domain.thresholds import Thresholds
from tests.examples import small_taxonomy
from tests.fakes.classifier import FakeClassifier
from tests.fakes.explainer import FakeExplainer

BAD = "bad"


class ListedRows(PaperRows):
    """Rows of a list of ids; those that are `BAD` cannot be read."""

    def __init__(self, ids: Sequence[str]) -> None:
        self._rows = iter([self._row(number, each) for number, each in enumerate(ids, 1)])

    @staticmethod
    def _row(number: int, id: str) -> Abstract | BadRecord:
        return BadRecord("list", number, "bad") if id == BAD else Abstract(f"text {id}", id=id)

    @override
    def read(self, rows: int) -> Iterator[Abstract | BadRecord]:
        return islice(self._rows, rows)

    @override
    def skip(self, rows: int) -> int:
        return sum(1 for _ in islice(self._rows, rows))


class Stop(Exception):
    """Stands for whatever stops a run."""


class MemoryWriter(PredictionWriter):
    """Keeps ids; raises Stop once `room` more abstracts were written."""

    def __init__(self, store: "MemoryParts") -> None:
        self.ids: list[str | None] = []
        self.finished = False
        self._store = store

    @override
    def write(
        self,
        ids: Sequence[str | None],
        chosen: ChosenCategories,
        explanations: Sequence[Sequence[Explanation]] | None = None,
        papers: Sequence[ArxivPaper] | None = None,
        warnings: Warnings = NO_WARNINGS,
        beside: Beside = NOTHING_BESIDE,
    ) -> None:
        assert len(chosen) == len(ids)
        self._store.room -= len(ids)
        if self._store.room < 0:
            raise Stop
        self.ids += ids

    @override
    def finish(self) -> None:
        self.finished = True


class MemoryParts(PartStore):
    """Parts in a dictionary."""

    def __init__(self) -> None:
        self.parts: dict[int, tuple[list[str | None], list[int]]] = {}
        self.finished: list[tuple[int, int]] = []
        self.room = 1_000_000
        self.written = 0

    @override
    def has(self, number: int) -> bool:
        return number in self.parts

    @override
    @contextmanager
    def part(self, number: int) -> Iterator[Part]:
        assert number not in self.parts
        writer = MemoryWriter(self)
        part = Part(writer)
        yield part
        assert writer.finished
        self.parts[number] = (writer.ids, [record.line for record in part.rejected])
        self.written += 1

    @override
    def put(self, part: FinishedPart) -> None:
        ids = json.loads(part.content)
        self.room -= len(ids)
        if self.room < 0:
            raise Stop
        assert part.number not in self.parts
        self.parts[part.number] = (ids, [record.line for record in part.rejected])
        self.written += 1

    @override
    def rejected(self, parts: int) -> int:
        return sum(len(self.parts[number][1]) for number in range(parts))

    @override
    def finish(self, parts: int, rows: int) -> None:
        self.finished.append((parts, rows))


def predict(abstracts: Iterable[Abstract | AbstractBatch]) -> Iterator[PredictedBatch]:
    """Predicts three at a time."""
    return Predict(FakeClassifier(small_taxonomy()), lambda: FakeExplainer(small_taxonomy()), batch_size=3).stream(
        abstracts, Selection(Thresholds(0.5))
    )


def run(ids: Sequence[str], store: MemoryParts, size: int) -> PartsReport:
    """One run over the ids."""
    return PredictParts(predict, ListedRows(ids), store, rows_per_part=size)()


IDS = st.lists(st.sampled_from([BAD, *"abcdefgh"]), max_size=40)


@given(ids=IDS, size=st.integers(1, 12), rooms=st.lists(st.integers(0, 15), max_size=4))
def test_a_run_that_was_stopped_goes_on(ids: list[str], size: int, rooms: list[int]) -> None:
    """Wherever it was stopped, in the end the parts are those of an undisturbed run, each written once."""
    whole, stopped = MemoryParts(), MemoryParts()
    run(ids, whole, size)
    for room in [*rooms, 1_000_000]:
        stopped.room = room
        try:
            report = run(ids, stopped, size)
        except Stop:
            assert stopped.finished == []
            continue
        assert (report.parts, report.rows) == (-(-len(ids) // size), len(ids))
        break
    assert stopped.parts == whole.parts
    assert stopped.finished == [(len(whole.parts), len(ids))]
    assert stopped.written == len(whole.parts)


@given(ids=IDS, size=st.integers(1, 12))
def test_a_row_is_in_the_part_of_its_number(ids: list[str], size: int) -> None:
    """Rows that cannot be read count, so a part never depends on the rows after it."""
    store = MemoryParts()
    report = run(ids, store, size)
    for number, (good, bad) in store.parts.items():
        rows = ids[number * size : (number + 1) * size]
        assert good == [each for each in rows if each != BAD]
        assert bad == [number * size + at for at, each in enumerate(rows, 1) if each == BAD]
    assert report.rejected == ids.count(BAD)


def test_what_was_there_before_is_counted_apart() -> None:
    """The report of a run that goes on tells old parts from new ones."""
    ids = list("abcdefgh")
    store = MemoryParts()
    store.room = 6
    with pytest.raises(Stop):
        run(ids, store, 3)
    store.room = 100
    few = {PredictionWarning.FEW_WORDS: 2}
    found = run(ids, store, 3)
    assert found == PartsReport(parts=3, rows=8, parts_before=2, rows_before=6, rejected=0, warnings=found.warnings)
    assert few.items() <= found.warnings.items()
    assert run(ids, store, 3) == PartsReport(parts=3, rows=8, parts_before=3, rows_before=8, rejected=0)


def test_progress_counts_every_row_once() -> None:
    """Old, new and rejected rows add up to all rows."""
    ids = ["a", BAD, "c", "d", BAD, "f", "g"]
    store = MemoryParts()
    store.parts[0] = (["a", "c"], [2])
    heard: list[tuple[int, bool]] = []
    PredictParts(predict, ListedRows(ids), store, rows_per_part=3)(lambda rows, before: heard.append((rows, before)))
    assert sum(rows for rows, _ in heard) == len(ids)
    assert [each for each in heard if each[1]] == [(3, True)]


def test_a_part_of_no_rows_is_a_programmers_mistake() -> None:
    """Parts have a row at least."""
    with pytest.raises(ValueError, match="rows_per_part is 0"):
        PredictParts(predict, ListedRows([]), MemoryParts(), rows_per_part=0)
