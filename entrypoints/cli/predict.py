"""`arxiv-classifier predict`."""

import logging
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
from click.core import ParameterSource

from application.predict_parts import ROWS_PER_PART
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, ids_of
from domain.address import is_address
from domain.errors import InvalidInputError
from domain.month import day_of, latest_day, month_filed
from domain.output_form import OutputForm
from domain.ports.dataset import OnBadRecord
from entrypoints.blas_threads import use_one_blas_thread
from entrypoints.cli.arxiv_papers import ArxivPapers, read_identifiers
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.command_line import command_line
from entrypoints.cli.engine_options import ENGINE_OPTIONS, LOCAL
from entrypoints.cli.group import Command
from entrypoints.cli.input_suggestions import refuse_other_than_papers, refuse_text_without_quotes
from entrypoints.cli.messages import say
from entrypoints.cli.model_in_use import tell_model
from entrypoints.cli.output import OutputFileOrFolder, OutputFolder, output_stream, refuse_folder
from entrypoints.cli.output_form import OUTPUT_FORM, form_of, refuse_form, threshold_of
from entrypoints.cli.prediction_formats import FORMATS, format_of_output
from entrypoints.cli.prediction_parts import parts_options, predict_parts
from entrypoints.cli.prediction_warnings import PredictionWarnings
from entrypoints.cli.progress import Progress
from entrypoints.cli.reading_options import COLUMNS, several
from entrypoints.cli.same_file import refuse_same_file
from entrypoints.cli.workers import known_rows, papers_alone, workers_of
from entrypoints.logs import configured
from entrypoints.prediction_metadata import file_metadata, policy_record
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from application.open_model import LoadedModel
    from application.predictions.selection import Selection
    from domain.model_bundle import StoredModel
    from domain.ports.prediction_writer import PredictionWriter
    from entrypoints.container import Container

EXPLAINED = ("table", "jsonl")  # a flat row has no place for the words of each category
_TERMS = 10
# Options that leave the bytes of the output as they are.
_CHANGE_NO_BYTE = ("output", "workers", "engine", "ray_address", "batch_size", "dry_run")
INPUT_FORMATS = ("jsonl", "csv", "tsv", "xlsx", "parquet")


@dataclass(frozen=True, slots=True)
class PredictOptions:
    """The options of a prediction to one output, as the command line gives them."""

    sources: tuple[str, ...]
    text: str | None
    arxiv: tuple[str, ...]
    arxiv_file: Path | None
    title: str | None
    date: str | None
    model: str | None
    threshold: float | None
    policy: str | None
    coverage: float | None
    top_k: int
    output: Path | None
    format: str | None
    input_format: str | None
    strict: bool
    explain: bool
    workers: int | None
    form: OutputForm
    command: str


@click.command(cls=Command)
@click.argument("sources", metavar="[INPUT...|-]", nargs=-1)
@click.option("--text", help="One abstract, instead of INPUT.")
@click.option("--arxiv", metavar="ID", multiple=True, help="Papers of arXiv by id or URL, with spaces or commas.")
@click.option("--arxiv-file", type=click.Path(path_type=Path), help="A file of such ids, one a line; - for stdin.")
@click.option("--title", help="The title that goes with --text.")
@click.option("--date", metavar="YYYY-MM", help="When --text, or a paper of INPUT that does not say it, was filed.")
@click.option("--model", metavar="PATH_OR_KIND", help="Which model: a kind, kind/version, path or registry:NAME@ALIAS.")
@click.option("--threshold", type=click.FloatRange(0, 1), help="Give categories from this probability on.")
@click.option("--policy", metavar="NAME", help="Give the categories of this policy of the model.")
@click.option(
    "--coverage", metavar="SHARE", type=float, help="Give sets that hold all categories of this share of papers."
)
@click.option(
    "--top-k",
    metavar="K",
    type=click.IntRange(0),
    default=0,
    help="Give the K most probable categories; with --threshold, at most K. 0 is no limit.",
)
@click.option("--explain", is_flag=True, help="Say which words speak for and against each category.")
@click.option(
    "--output",
    "-o",
    type=OutputFileOrFolder(path_type=Path),
    help="Write to this file, compressed where it ends in .gz or .zst; - is stdout; FOLDER/ takes parts.",
)
@click.option(
    "--format",
    "format",
    type=click.Choice(FORMATS),
    help="Default: by --output's suffix; else table or jsonl.",
)
@several(OUTPUT_FORM)
@click.option("--input-format", type=click.Choice(INPUT_FORMATS), help="Default: by INPUT's suffix; jsonl for stdin.")
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be read.")
@COLUMNS
@click.option("--max-characters", type=int, help="The longest abstract or title that is read.")
@click.option("--batch-size", type=int, help="Abstracts a step.")
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(1, 256),
    help="Processes that predict more than 20,000 abstracts. Default: one per core for the kind baseline, else 1.",
)
@several(ENGINE_OPTIONS)
@click.option(
    "--rows-per-part",
    metavar="N",
    type=click.IntRange(1),
    default=ROWS_PER_PART,
    show_default=True,
    help="Rows of INPUT for each part, with --output FOLDER/.",
)
@click.option("--dry-run", is_flag=True, help="Say which parts are left, with --output FOLDER/, and predict nothing.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
@click.pass_context
def predict(
    context: click.Context,
    /,
    *,
    sources: tuple[str, ...],
    columns: dict[str, str] | None,
    max_characters: int | None,
    batch_size: int | None,
    config: Path | None,
    output: Path | OutputFolder | None,
    rows_per_part: int,
    dry_run: bool,
    **said: object,
) -> None:
    """Predict categories of one abstract (--text) or of a file.

    INPUT is JSONL, CSV or TSV (also .gz, .zst), .xlsx or parquet, with the columns id, title, abstract and date, of
    which only abstract is needed; - is stdin. It may be several files, folders, patterns and addresses (s3://, hf://,
    https://). Without --threshold and --top-k, the model's own thresholds hold, and an
    abstract for which no category passes gets its most probable one. `--top-k 5` gives the five most probable
    categories, `--threshold 0` every category. `--policy NAME` takes the thresholds of a policy that `models show`
    lists, and `--coverage 0.95` gives sets that hold all categories of 95 % of papers. --arxiv and --arxiv-file fetch
    papers from arXiv instead.

    With an --output that ends in a slash, predictions are written in parts, and the same command goes on after it was
    stopped.
    """
    use_one_blas_thread()
    flags = {"columns": columns, "max_characters": max_characters, "prediction_batch_size": batch_size}
    command = command_line(context, without=_CHANGE_NO_BYTE)
    form, said = form_of(said)
    said["threshold"] = threshold_of(form, said)
    if isinstance(output, OutputFolder):
        parts = parts_options(
            sources, output.path, said, rows_per_part=rows_per_part, dry_run=dry_run, form=form, command=command
        )
        predict_parts(parts, configured(flags, config=config))
        return
    if said.pop("engine") != LOCAL or said.pop("ray_address"):
        raise click.UsageError("--engine and --ray-address go with --output FOLDER/, which ends in a slash.")
    if dry_run:
        raise click.UsageError("--dry-run goes with --output FOLDER/, which ends in a slash.")
    if context.get_parameter_source("rows_per_part") == ParameterSource.COMMANDLINE:
        raise click.UsageError("--rows-per-part goes with --output FOLDER/, which ends in a slash.")
    output = None if str(output) == "-" else output
    if said["arxiv"]:  # further ids follow the first
        said["arxiv"], sources = (*said["arxiv"], *sources), ()  # type: ignore[misc]  # click gives a tuple
    text = said["text"]
    refuse_text_without_quotes(sources if text is None else (str(text), *sources))
    if len(sources) > 1 and "-" in sources:
        raise click.UsageError("Standard input, -, goes with no other INPUT.")
    options = PredictOptions(**said, sources=sources, output=output, form=form, command=command)  # type: ignore[arg-type]  # click made them of those types
    _check(options)
    if config is not None:
        refuse_same_file(config, output)
    _predict(options, configured(flags, config=config))


def _check(options: PredictOptions) -> None:
    _check_one_input(options)
    for source in options.sources:
        if source != "-":
            refuse_other_than_papers(source, options.input_format)
    refuse_folder(options.output)
    for source in options.sources:
        refuse_same_file(None if source == "-" else Path(source), options.output)
    if options.arxiv_file is not None and str(options.arxiv_file) != "-":
        refuse_same_file(options.arxiv_file, options.output)
    if options.title is not None and options.text is None:
        raise click.UsageError("--title goes with --text; in a file, it is the column title.")
    from application.predictions.selection import refuse_several

    refuse_several(threshold=options.threshold, policy=options.policy, coverage=options.coverage, top_k=options.top_k)
    if options.explain and _format(options) not in EXPLAINED:
        raise click.UsageError(f"--explain goes with --format {' or '.join(EXPLAINED)}, not {_format(options)}.")
    refuse_form(options.form, _format(options))
    if options.form.kept and not options.sources:
        raise click.UsageError("--keep-columns goes with INPUT, whose columns it names.")
    if _format(options) == "parquet" and options.output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for a terminal. Name a file with --output.")


def _check_one_input(options: PredictOptions) -> None:
    from_arxiv = bool(options.arxiv) or options.arxiv_file is not None
    if [not options.sources, options.text is None, not from_arxiv].count(False) != 1:
        beside_text = options.sources and options.text is not None
        quotes = " A text or title of several words needs quotes." if beside_text else ""
        raise click.UsageError(
            f"Give either INPUT (a file, or - for stdin) or --text, or else --arxiv or --arxiv-file.{quotes}"
        )
    if from_arxiv and options.date is not None:
        raise click.UsageError("--date goes with --text or INPUT; arXiv says when its papers were filed.")
    if from_arxiv and _format(options) not in EXPLAINED:
        raise click.UsageError(f"--arxiv goes with --format {' or '.join(EXPLAINED)}, not {_format(options)}.")


def _format(options: PredictOptions) -> str:
    table = options.text is not None or bool(options.arxiv)
    return format_of_output(options.output, options.format, for_text=table)


def _predict(options: PredictOptions, settings: Settings) -> None:
    from entrypoints.container import container_of

    container = container_of(settings)
    with Progress("abstracts") as progress:
        bad_records = BadRecords(progress.say, strict=options.strict)
        with output_stream(options.output) as stream:
            abstracts = _abstracts(options, settings, container, bad_records)
            model = container.loaded_model(options.model or settings.model_reference)
            selection = _selection(options, model)
            writer = _writer(options, container, stream, model.stored)
            warnings = PredictionWarnings(progress.say, one=options.text is not None)
            pool = container.classifier_pool(model, workers_of(options.workers, model.stored))
            alone = papers_alone(known_rows(options.sources, options.input_format, container))
            for batch in container.predict(model, pool=pool, alone=alone).stream(abstracts, selection):
                papers = abstracts.known(batch.abstracts) if isinstance(abstracts, ArxivPapers) else None
                writer.write(
                    ids_of(batch.abstracts), batch.chosen, batch.explanations, papers, batch.warnings, batch.beside
                )
                warnings.add(batch.warnings.values())
                progress.advance(len(batch.abstracts))
            if bad_records.count and not progress.done:
                bad_records.repeated()
                raise InvalidInputError(f"None of the {bad_records.count:,} records could be read.")
            writer.finish()
        bad_records.summary()
        warnings.summary()
    _tell_end(options, model, answered=progress.done > 0)


def _writer(
    options: PredictOptions, container: "Container", stream: BinaryIO, stored: "StoredModel"
) -> "PredictionWriter":
    choice = policy_record(
        threshold=options.threshold, top_k=options.top_k, policy=options.policy, coverage=options.coverage
    )
    metadata = file_metadata(stored.name, stored.digest, choice, options.command)
    return container.prediction_writer(
        _format(options), stream, stored.card.taxonomy, form=options.form, metadata=metadata
    )


def _tell_end(options: PredictOptions, model: "LoadedModel", *, answered: bool) -> None:
    """Names the model that answered, or says that the input had no records."""
    if answered:
        tell_model(model.stored)
        return
    source = "Standard input" if options.sources == ("-",) else ", ".join(options.sources)
    say(f"{source} holds no records.", event="input_empty", level=logging.WARNING, source=source)


def _abstracts(
    options: PredictOptions, settings: Settings, container: "Container", on_bad_record: OnBadRecord
) -> "Iterable[Abstract | AbstractBatch]":
    if options.date is None:
        return _undated(options, settings, container, on_bad_record)
    month = month_filed(day_of(options.date), None, latest_day(container.clock()()))
    return (each.filed(month) for each in _undated(options, settings, container, on_bad_record))


def _undated(
    options: PredictOptions, settings: Settings, container: "Container", on_bad_record: OnBadRecord
) -> "Iterable[Abstract | AbstractBatch]":
    """Yields the papers without the dates that the command line gave them."""
    if options.text is not None:
        return [Abstract(options.text, options.title, max_characters=settings.max_characters)]
    if not options.sources:
        return ArxivPapers(read_identifiers(options.arxiv, options.arxiv_file), container.paper_lookup, on_bad_record)
    if options.sources == ("-",):
        if sys.stdin is None:
            raise InvalidInputError("There is no standard input. Name a file to read.")
        format_ = options.input_format or "jsonl"
        return container.abstract_batches(
            sys.stdin.buffer, format=format_, on_bad_record=on_bad_record, kept=options.form.kept
        )
    files = container.input_files(options.sources, options.input_format)
    read = partial(
        container.abstract_batches,
        format=options.input_format,
        on_bad_record=on_bad_record,
        kept=options.form.kept,
        types=container.kept_types(files, options.input_format, options.form.kept),
    )
    for file in files:
        if not is_address(str(file)):
            refuse_same_file(Path(str(file)), options.output)
    return chain.from_iterable([read(file) for file in files])  # an unknown format is found before the first is read


def _selection(options: PredictOptions, model: "LoadedModel") -> "Selection":
    from application.predictions.selection import Selection

    found = Selection.of_model(
        model.stored,
        threshold=options.threshold,
        policy=options.policy,
        coverage=options.coverage,
        top_k=options.top_k,
        terms=_TERMS if options.explain else 0,
    )
    return found.with_primaries(model.stored.card) if options.form.primary else found
