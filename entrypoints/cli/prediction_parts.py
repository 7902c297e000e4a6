"""`arxiv-classifier predict INPUT... --output FOLDER/`: predictions in parts, which a stopped run goes on writing."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from application.predict_parts import PartsReport, PredictParts
from application.predict_parts_on_engine import PredictPartsOnEngine
from domain.address import is_address
from domain.errors import InvalidInputError
from domain.output_form import OutputForm
from domain.paper_file import PaperFile
from domain.prediction_run import InputFile, PredictionRun
from entrypoints.cli.engine_options import LOCAL
from entrypoints.cli.input_suggestions import refuse_other_than_papers, refuse_text_without_quotes
from entrypoints.cli.messages import say
from entrypoints.cli.model_in_use import tell_model
from entrypoints.cli.output_form import refuse_form
from entrypoints.cli.prediction_warnings import PredictionWarnings
from entrypoints.cli.progress import Progress
from entrypoints.cli.workers import papers_alone, usable_cores, workers_of
from entrypoints.part_worker import Choice, PartOrder, open_part_worker, predict_stream
from entrypoints.prediction_metadata import policy_record
from entrypoints.registry import IS_OWN_FILE, load
from entrypoints.settings import Settings
from entrypoints.standard_error import write_line

if TYPE_CHECKING:
    from domain.model_bundle import StoredModel
    from domain.ports.prediction_parts import PaperRows, PartStore
    from entrypoints.container import Container

FORMATS = ("parquet", "jsonl", "csv")


@dataclass(frozen=True, slots=True)
class PartsOptions:
    """The options of a prediction in parts."""

    sources: tuple[str, ...]
    folder: Path
    model: str | None
    choice: Choice
    format: str
    input_format: str | None
    workers: int | None
    engine: str
    ray_address: str | None
    rows_per_part: int
    dry_run: bool
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
    if said["ray_address"] and said["engine"] == LOCAL:
        raise click.UsageError("--ray-address goes with --engine ray.")
    format_ = said["format"] or FORMATS[0]
    if format_ not in FORMATS:
        raise click.UsageError(f"Parts are written as {', '.join(FORMATS)}, not as {format_}.")
    refuse_form(form, str(format_))
    refuse_text_without_quotes(sources)
    for source in sources:
        refuse_other_than_papers(source, said["input_format"])  # type: ignore[arg-type]  # click gives text
    chosen = {name: said[name] for name in ("threshold", "policy", "coverage", "top_k", "date")}
    kept = {name: said[name] for name in ("model", "input_format", "workers", "engine", "ray_address")}
    return PartsOptions(
        sources=sources,
        folder=folder,
        format=str(format_),
        rows_per_part=rows_per_part,
        dry_run=dry_run,
        choice=Choice(**chosen, form=form),  # type: ignore[arg-type]  # click made them of those types
        command=command,
        **kept,  # type: ignore[arg-type]  # click made them of those types
    )


def predict_parts(options: PartsOptions, settings: Settings) -> None:
    """Predicts the papers of all sources, and writes the parts that the folder lacks."""
    from entrypoints.container import container_of

    container = container_of(settings)
    files = _outside(options.folder, container.input_files(options.sources, options.input_format))
    stored = container.open_model().find(options.model or settings.model_reference)
    options.choice.selection(stored)  # which refuses a policy that the model lacks, before a folder is made
    run = _run(options, settings, stored, [container.described_input(file) for file in files])
    folder = container.part_folder(
        options.folder, run, stored.card.taxonomy, options.choice.form, dry_run=options.dry_run
    )
    with folder as (store, first):
        # Whether a category was open depends on the day, which is that of the first run.
        container.clock.override(lambda: datetime.fromisoformat(first.began))
        work = _Work(options, settings, container, stored, files, first)
        if options.dry_run:
            _tell_left(options, store, work.rows())
            return
        sizes = container.row_counts(files, options.input_format)
        with Progress("rows", total=None if sizes is None else sum(sizes)) as progress:
            report = _unless_interrupted(partial(work.write, store, progress, sizes))
        _tell_end(options.folder, report)
    tell_model(stored)


def _unless_interrupted(write: Callable[[], PartsReport]) -> PartsReport:
    """Writes parts. On Ctrl-C it also says how to go on."""
    try:
        return write()
    except KeyboardInterrupt:
        say("The same command writes the missing parts.", event="parts_interrupted")
        raise


def _outside(folder: Path, files: Sequence[PaperFile]) -> list[PaperFile]:
    """Returns the files without the parts of an earlier run, for an output folder within the folder of the papers.

    Raises InvalidInputError if papers lie in the output folder.
    """
    target = folder.resolve()
    inside = [file for file in files if not is_address(str(file)) and target in Path(str(file)).resolve().parents]
    papers = [file for file in inside if not load(IS_OWN_FILE)(file)]
    if papers or len(inside) == len(files):
        raise InvalidInputError(
            f"The input {(papers or inside)[0]} lies in {folder}, where the parts go. Name another folder."
        )
    return [file for file in files if file not in inside]


def _run(options: PartsOptions, settings: Settings, stored: "StoredModel", inputs: list[InputFile]) -> PredictionRun:
    choice = options.choice
    return PredictionRun(
        model=stored.name,
        model_digest=stored.digest,
        policy=policy_record(
            threshold=choice.threshold, top_k=choice.top_k, policy=choice.policy, coverage=choice.coverage
        ),
        format=options.format,
        inputs=tuple(inputs),
        reading={
            "columns": dict(settings.columns),
            "max_characters": settings.max_characters,
            "format": options.input_format,
            "date": choice.date,
            "close_categories": settings.close_categories,
        },
        rows_per_part=options.rows_per_part,
        began=datetime.now(UTC).isoformat(timespec="seconds"),
        form=choice.form.changes(),
        command=options.command,
    )


@dataclass(frozen=True, slots=True)
class _Work:
    """A prediction in parts that is ready to begin. `run` is the one that the parts belong to."""

    options: PartsOptions
    settings: Settings
    container: "Container"
    stored: "StoredModel"
    files: Sequence[PaperFile]
    run: PredictionRun

    def rows(self) -> "PaperRows":
        """Returns the rows of all files."""
        rows = self.container.paper_rows(
            self.files, format=self.options.input_format, kept=self.options.choice.form.kept
        )
        return rows

    def write(self, store: "PartStore", progress: Progress, sizes: Sequence[int] | None) -> PartsReport:
        """Writes the missing parts by the engine that the options name."""

        def on_rows(count: int, before: bool) -> None:
            progress.passed += count if before else 0
            progress.advance(count)

        return (self._here(store, sizes) if self.options.engine == LOCAL else self._on_engine(store, sizes))(on_rows)

    def _here(self, store: "PartStore", sizes: Sequence[int] | None) -> PredictParts:
        model = self.container.open_model().opened(self.stored)
        few = sizes is not None and papers_alone(sum(sizes)) > 0
        workers = 1 if few and not self.options.workers else workers_of(self.options.workers, self.stored)
        pool = self.container.classifier_pool(model, workers)
        predict = predict_stream(self.container, model, self.options.choice, pool)
        return PredictParts(predict, self.rows(), store, rows_per_part=self.options.rows_per_part)

    def _on_engine(self, store: "PartStore", sizes: Sequence[int] | None) -> PredictPartsOnEngine:
        options, stored = self.options, self.stored
        model = stored.shipped_as or stored.name
        place, bundle = Path.cwd(), stored.folder.absolute()
        types = self.container.kept_types(self.files, options.input_format, options.choice.form.kept)
        order = PartOrder(self.settings, place, bundle, model, options.choice, self.run, options.input_format, types)
        cores = options.workers or usable_cores()
        engine = self.container.engine(options.engine, address=options.ray_address, cores=cores)
        cutter = self.container.part_cutter(self.files, self.rows(), sizes=sizes)
        return PredictPartsOnEngine(
            engine, partial(open_part_worker, order), cutter, store, rows_per_part=options.rows_per_part
        )


def _tell_left(options: PartsOptions, store: "PartStore", rows: "PaperRows") -> None:
    """Says which rows are left, without predicting any."""
    parts = total = there = left = 0
    while count := rows.skip(options.rows_per_part):
        total += count
        there, left = (there + 1, left) if store.has(parts) else (there, left + count)
        parts += 1
    line = f"Parts: {parts:,}, with {_rows(total)}. Written: {there:,}. Left: {parts - there:,}, with {_rows(left)}."
    say(line, event="parts_left", parts=parts, rows=total, rows_left=left)


def _tell_end(folder: Path, report: PartsReport) -> None:
    before = f"; {report.parts_before:,} of them from an earlier run" if report.parts_before else ""
    line = f"Parts in {folder}: {report.parts:,}, with {_rows(report.rows)}{before}."
    say(line, event="parts_written", folder=str(folder), parts=report.parts, rows=report.rows)
    if report.rejected:
        _tell_rejected(folder, report)
    warnings = PredictionWarnings(write_line, one=False)
    warnings.add_counts(report.warnings)
    warnings.summary()


def _tell_rejected(folder: Path, report: PartsReport) -> None:
    """Says how many rows could not be read. Raises InvalidInputError if that is all."""
    why = f"{folder}/_rejected-*.jsonl say which and why."
    if report.rejected == report.rows:
        raise InvalidInputError(f"No row of {report.rows:,} could be read. {why}")
    line = f"{_rows(report.rejected)} could not be read. {why}"
    say(line, event="rows_rejected", level=logging.WARNING, rows=report.rejected)


def _rows(count: int) -> str:
    return f"{count:,} {'row' if count == 1 else 'rows'}"
