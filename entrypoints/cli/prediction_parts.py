"""`arxiv-classifier predict INPUT... --output FOLDER/`: predictions in parts, which a stopped run goes on writing."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from application.predict_parts import PartsReport, PredictParts
from domain.address import is_address
from domain.errors import InvalidInputError
from domain.month import day_of, latest_day, month_filed
from domain.output_form import OutputForm
from domain.paper_file import PaperFile
from domain.prediction_run import InputFile, PredictionRun
from entrypoints.cli.messages import say
from entrypoints.cli.model_in_use import tell_model
from entrypoints.cli.output_form import refuse_form
from entrypoints.cli.progress import Progress
from entrypoints.cli.workers import workers_of
from entrypoints.prediction_metadata import policy_record
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from application.predict import PredictedBatch
    from application.predictions.selection import Selection
    from domain.abstract import Abstract
    from domain.abstract_batch import AbstractBatch
    from domain.model_bundle import StoredModel
    from domain.ports.prediction_parts import PaperRows, PartStore
    from entrypoints.container import Container

FORMATS = ("parquet", "jsonl", "csv")


@dataclass(frozen=True, slots=True)
class PartsOptions:
    """The options of a prediction in parts. `date` is the month of papers that name none."""

    sources: tuple[str, ...]
    folder: Path
    model: str | None
    threshold: float | None
    policy: str | None
    coverage: float | None
    top_k: int
    format: str
    input_format: str | None
    date: str | None
    workers: int | None
    rows_per_part: int
    dry_run: bool
    form: OutputForm
    command: str


def parts_options(
    sources: tuple[str, ...],
    folder: Path,
    said: Mapping[str, object],
    *,
    rows_per_part: int,
    dry_run: bool,
    form: OutputForm,
    command: str,
) -> PartsOptions:
    """Returns the options of a prediction in parts. Raises UsageError for options that only one output can have."""
    for name in ("text", "title", "arxiv", "arxiv_file", "explain", "strict"):
        if said[name]:
            raise click.UsageError(
                f"--{name.replace('_', '-')} goes with one file of output, not with a folder of parts."
            )
    if not sources or "-" in sources:
        raise click.UsageError("Name the files, folders or patterns to read. Standard input cannot be read twice.")
    format_ = said["format"] or FORMATS[0]
    if format_ not in FORMATS:
        raise click.UsageError(f"Parts are written as {', '.join(FORMATS)}, not as {format_}.")
    refuse_form(form, str(format_))
    kept = {
        name: said[name]
        for name in ("model", "threshold", "policy", "coverage", "top_k", "input_format", "date", "workers")
    }
    return PartsOptions(
        sources=sources,
        folder=folder,
        format=str(format_),
        rows_per_part=rows_per_part,
        dry_run=dry_run,
        form=form,
        command=command,
        **kept,  # type: ignore[arg-type]  # click made them of those types
    )


def predict_parts(options: PartsOptions, settings: Settings) -> None:
    """Predicts the papers of all sources, and writes the parts that the folder lacks."""
    from entrypoints.container import container_of

    container = container_of(settings)
    files: Sequence[PaperFile] = container.input_files(options.sources, options.input_format)
    _refuse_inputs_in(options.folder, files)
    stored = container.open_model().find(options.model or settings.model_reference)
    selection = _selection(options, stored)
    run = _run(options, settings, stored, [container.described_input(file) for file in files])
    with container.part_folder(options.folder, run, stored.card.taxonomy, options.form) as (store, began):
        # Whether a category was open depends on the day, which is that of the first run.
        container.clock.override(began)
        rows = container.paper_rows(files, format=options.input_format, kept=options.form.kept)
        if options.dry_run:
            _tell_left(options, store, rows)
            return
        with Progress("rows", total=container.count_rows(files, options.input_format)) as progress:
            report = _write(options, container, stored, selection, rows, store, progress)
        _tell_end(options.folder, report)
    tell_model(stored)


def _refuse_inputs_in(folder: Path, files: Sequence[PaperFile]) -> None:
    target = folder.resolve()
    for file in files:
        if not is_address(str(file)) and target in Path(str(file)).resolve().parents:
            raise InvalidInputError(f"The input {file} lies in {folder}, where the parts go. Name another folder.")


def _run(options: PartsOptions, settings: Settings, stored: "StoredModel", inputs: list[InputFile]) -> PredictionRun:
    return PredictionRun(
        model=stored.name,
        model_digest=stored.digest,
        policy=policy_record(
            threshold=options.threshold, top_k=options.top_k, policy=options.policy, coverage=options.coverage
        ),
        format=options.format,
        inputs=tuple(inputs),
        reading={
            "columns": dict(settings.columns),
            "max_characters": settings.max_characters,
            "format": options.input_format,
            "date": options.date,
            "close_categories": settings.close_categories,
        },
        rows_per_part=options.rows_per_part,
        began=datetime.now(UTC).isoformat(timespec="seconds"),
        form=options.form.changes(),
        command=options.command,
    )


def _write(
    options: PartsOptions,
    container: "Container",
    stored: "StoredModel",
    selection: "Selection",
    rows: "PaperRows",
    store: "PartStore",
    progress: Progress,
) -> PartsReport:
    def on_rows(count: int, before: bool) -> None:
        progress.passed += count if before else 0
        progress.advance(count)

    model = container.open_model().opened(stored)
    pool = container.classifier_pool(model, workers_of(options.workers, stored))
    predict = container.predict(model, pool=pool, alone=0)
    stream = partial(_stream, predict.stream, selection, _month(options, container))
    return PredictParts(stream, rows, store, rows_per_part=options.rows_per_part)(on_rows)


def _selection(options: PartsOptions, stored: "StoredModel") -> "Selection":
    from application.predictions.selection import Selection

    found = Selection.of_model(
        stored,
        threshold=options.threshold,
        policy=options.policy,
        coverage=options.coverage,
        top_k=options.top_k,
    )
    return found.with_primaries(stored.card) if options.form.primary else found


def _month(options: PartsOptions, container: "Container") -> str | None:
    if options.date is None:
        return None
    return month_filed(day_of(options.date), None, latest_day(container.clock()()))


def _stream(
    stream: "Callable[[Iterable[Abstract | AbstractBatch], Selection], Iterator[PredictedBatch]]",
    selection: "Selection",
    month: str | None,
    abstracts: "Iterable[Abstract | AbstractBatch]",
) -> "Iterator[PredictedBatch]":
    return stream((abstract.filed(month) for abstract in abstracts), selection)


def _tell_left(options: PartsOptions, store: "PartStore", rows: "PaperRows") -> None:
    """Says which rows are left, without predicting any."""
    parts = total = there = left = 0
    while count := rows.skip(options.rows_per_part):
        total += count
        there, left = (there + 1, left) if store.has(parts) else (there, left + count)
        parts += 1
    line = f"Parts: {parts:,}, with {total:,} rows. Written: {there:,}. Left: {parts - there:,}, with {left:,} rows."
    say(line, event="parts_left", parts=parts, rows=total, rows_left=left)


def _tell_end(folder: Path, report: PartsReport) -> None:
    before = f"; {report.parts_before:,} of them from an earlier run" if report.parts_before else ""
    line = f"Parts in {folder}: {report.parts:,}, with {report.rows:,} rows{before}."
    say(line, event="parts_written", folder=str(folder), parts=report.parts, rows=report.rows)
    if report.rejected:
        noun = "row" if report.rejected == 1 else "rows"
        line = f"{report.rejected:,} {noun} could not be read. {folder}/part-*.rejected.jsonl say which and why."
        say(line, event="rows_rejected", level=logging.WARNING, rows=report.rejected)
