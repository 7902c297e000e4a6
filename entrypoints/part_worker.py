"""Predicts papers in parts: what the process of a command and those of an engine do alike."""

import io
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from application.predict_parts import PredictStream, write_part
from domain.errors import IncompatibleModelError, InvalidInputError
from domain.month import day_of, latest_day, month_filed
from domain.output_form import OutputForm
from domain.part_work import FinishedPart, PaperRow, PartRows
from domain.ports.prediction_parts import Part
from domain.prediction_run import PredictionRun
from entrypoints.blas_threads import use_one_blas_thread
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from application.open_model import LoadedModel
    from application.predict import PredictedBatch
    from application.predictions.selection import Selection
    from domain.abstract import Abstract
    from domain.abstract_batch import AbstractBatch
    from domain.model_bundle import StoredModel
    from domain.ports.classifier_pool import ClassifierPool
    from entrypoints.container import Container


@dataclass(frozen=True, slots=True)
class Choice:
    """What a prediction in parts gives: the options that choose categories, the form, and the papers' default date."""

    threshold: float | None
    policy: str | None
    coverage: float | None
    top_k: int
    form: OutputForm
    date: str | None

    def selection(self, stored: "StoredModel") -> "Selection":
        """Returns the selection for a model."""
        from application.predictions.selection import Selection

        found = Selection.of_model(
            stored, threshold=self.threshold, policy=self.policy, coverage=self.coverage, top_k=self.top_k
        )
        return found.with_primaries(stored.card) if self.form.primary else found


@dataclass(frozen=True, slots=True)
class PartOrder:
    """All that a process needs to make parts. `run` is the one that the parts belong to.

    The process works in the folder `place`, if its machine has it. `bundle` is the model's folder, in whose place a
    machine without it uses the model `model`. `kept_types` are the Arrow types of columns that the output keeps.
    """

    settings: Settings
    place: Path
    bundle: Path
    model: str
    choice: Choice
    run: PredictionRun
    input_format: str | None
    kept_types: Mapping[str, object] = field(default_factory=dict)


def open_part_worker(order: PartOrder) -> Callable[[PartRows], FinishedPart]:
    """Returns a function that makes parts, with a model of its own.

    Raises IncompatibleModelError if this machine has another model under the reference.
    """
    use_one_blas_thread()
    with suppress(OSError):
        os.chdir(order.place)
    from entrypoints.container import container_of

    container = container_of(order.settings)
    container.clock.override(lambda: datetime.fromisoformat(order.run.began))
    return _PartWorker(order, container)


class _PartWorker:
    def __init__(self, order: PartOrder, container: "Container") -> None:
        self._order = order
        self._container = container
        open_model = container.open_model()
        stored = open_model.find(str(order.bundle) if order.bundle.is_dir() else order.model)
        if stored.digest != order.run.model_digest:
            raise IncompatibleModelError(
                f"The model {order.model} of a node is another one ({stored.name}). Install the same version of the "
                "program on all nodes, or put the model on a disk that all share, and name its path."
            )
        self._predict = predict_stream(container, open_model.opened(stored), order.choice)
        self._new_writer = container.part_writer(order.run, stored.card.taxonomy, order.choice.form)

    def __call__(self, part: PartRows) -> FinishedPart:
        stream = io.BytesIO()
        made = Part(self._new_writer(stream))
        rows = write_part(self._predict, self._rows(part), made)
        if rows != part.count:
            raise InvalidInputError(
                f"Part {part.number} has {rows:,} rows on a node, and {part.count:,} where it began. Give all nodes "
                "the same files."
            )
        return FinishedPart(part.number, stream.getvalue(), rows, made.rejected, made.warnings)

    def _rows(self, part: PartRows) -> Iterable[PaperRow]:
        if part.rows is not None:
            return part.rows
        order = self._order
        files = self._container.input_files(part.files, order.input_format)
        rows = self._container.paper_rows(
            files,
            format=order.input_format,
            kept=order.choice.form.kept,
            types=order.kept_types,
            start=part.start,
        )
        found: Iterable[PaperRow] = rows.read(part.count)
        return found


def predict_stream(
    container: "Container", model: "LoadedModel", choice: Choice, pool: "ClassifierPool | None" = None
) -> PredictStream:
    """Returns what predicts the abstracts of a part."""
    stream = container.predict(model, pool=pool, alone=0).stream
    month = None
    if choice.date is not None:
        month = month_filed(day_of(choice.date), None, latest_day(container.clock()()))
    return partial(_stream, stream, choice.selection(model.stored), month)


def _stream(
    stream: "Callable[[Iterable[Abstract | AbstractBatch], Selection], Iterator[PredictedBatch]]",
    selection: "Selection",
    month: str | None,
    abstracts: "Iterable[Abstract | AbstractBatch]",
) -> "Iterator[PredictedBatch]":
    return stream((abstract.filed(month) for abstract in abstracts), selection)
