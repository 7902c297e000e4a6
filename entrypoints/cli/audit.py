"""`arxiv-classifier data audit`."""

import json
import logging
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entrypoints.blas_threads import use_one_blas_thread
from entrypoints.cli.audit_files import audit_facts, queue_rows, refuse_source_as_output, write_audit
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.evaluation_files import ready_folder
from entrypoints.cli.group import Command
from entrypoints.cli.messages import say
from entrypoints.cli.progress import Progress
from entrypoints.cli.reading_options import READING, several
from entrypoints.cli.tables import print_table
from entrypoints.logs import configured
from entrypoints.required_source import require_source
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from application.audit.duplicates import Duplicates
    from application.audit.opinion import Opinion, PapersBySplit
    from application.audit_dataset import Audit
    from application.open_model import LoadedModel
    from entrypoints.container import Container

    OpinionOn = Callable[[PapersBySplit, Duplicates], Opinion]

_SHOWN = 10


@click.command(cls=Command, short_help="Look for wrong labels and near-duplicates in SOURCE.")
@click.argument("source", required=False)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Folder for queue.csv and the other files.")
@click.option("--model", metavar="MODEL", help="Model that doubts labels; default: the model in use.")
@click.option("--folds", type=click.IntRange(2, 20), help="Train a model per fold of SOURCE in place of --model.")
@click.option(
    "--similarity",
    type=click.FloatRange(0.2, 1),
    default=0.8,
    show_default=True,
    help="Least share of common three-word sequences of near-duplicates.",
)
@click.option("--rows", type=click.IntRange(min=1), default=2000, show_default=True, help="Most rows of queue.csv.")
@several(READING)
@click.option("--limit-samples", type=int, help="Audit a random sample of this many papers.")
@click.option("--seed", type=int, help="Seed of that sample and of the folds.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of tables.")
@click.option("--strict", is_flag=True, help="Stop at the first record that cannot be read.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
def audit(
    *,
    output: Path | None,
    model: str | None,
    folds: int | None,
    similarity: float,
    rows: int,
    as_json: bool,
    strict: bool,
    config: Path | None,
    source: str | None,
    **flags: object,
) -> None:
    """Look for wrong labels, near-duplicates, missing twins and retired categories in SOURCE.

    A model doubts the labels, by default the one in use. It should not have learnt from SOURCE. With --folds, models
    are trained on SOURCE itself, and each doubts the papers that it did not learn from. The table shows the most
    suspect papers. --output writes all of them to queue.csv, the pairs of near-duplicates to duplicates.csv, other
    problems of labels to problems.csv, the counts to audit.json, and a page with plots to index.html.
    """
    use_one_blas_thread()
    if model is not None and folds is not None:
        raise click.UsageError("--model and --folds exclude one another: --folds trains models of its own.")
    settings = configured({"dataset": source, **flags}, config=config)
    require_source(settings, how="SOURCE")
    if output is not None:
        refuse_source_as_output(str(settings.dataset), output)
        with ready_folder(output):
            found = _audited(settings, model, folds, similarity=similarity, rows=rows, strict=strict)
            _write(output, found, settings)
    else:
        found = _audited(settings, model, folds, similarity=similarity, rows=rows, strict=strict)
    if as_json:
        click.echo(json.dumps(audit_facts(found), indent=2))
    else:
        _print(found)


def _audited(
    settings: Settings, model: str | None, folds: int | None, *, similarity: float, rows: int, strict: bool
) -> "Audit":
    from application.audit_dataset import read_by_split
    from entrypoints.container import container_of

    container = container_of(settings)
    use_case = container.audit_dataset(similarity)
    dataset = container.dataset()
    loaded = None if folds else container.loaded_model(model or settings.model_reference)
    with Progress("papers read") as progress:
        bad_records = BadRecords(progress.say, strict=strict)
        read = read_by_split(
            dataset,
            bad_records,
            counting=progress.counting,
            limit_samples=settings.limit_samples,
            seed=settings.seed,
        )
    bad_records.summary()
    if loaded is not None:
        _warn_if_seen(loaded, dataset.fingerprint())
        with Progress("papers predicted", total=len(read.papers)) as progress:
            return use_case(read, _opinion_of(loaded, progress), most=rows)
    with tempfile.TemporaryDirectory() as workspace, Progress("folds") as progress:
        return use_case(read, _out_of_fold(container, folds or 0, Path(workspace), progress), most=rows)


def _opinion_of(loaded: "LoadedModel", progress: Progress) -> "OpinionOn":
    """Returns the function that asks a stored model about papers."""
    from application.audit.opinion import model_opinion

    name, thresholds = loaded.stored.name, loaded.stored.card.thresholds
    return lambda read, _: model_opinion(name, loaded.classifier, thresholds, read.papers, progress.advance)


def _out_of_fold(container: "Container", folds: int, workspace: Path, progress: Progress) -> "OpinionOn":
    from application.audit.out_of_fold import OutOfFold

    settings = container.settings()
    family = container.family(settings.kind)

    def tell(number: int) -> None:
        line = f"Training model {number} of {folds}."
        progress.say(line)

    return OutOfFold(
        lambda taxonomy: family.trainable(taxonomy, settings.model),
        container.taxonomy,
        workspace,
        folds,
        settings.seed,
        tell,
    )


def _warn_if_seen(loaded: "LoadedModel", fingerprint: str) -> None:
    if loaded.stored.card.data.get("fingerprint") == fingerprint:
        line = (
            f"WARNING: {loaded.stored.name} learnt from these papers and hardly doubts their labels. "
            "--folds 3 trains models that did not."
        )
        say(line, event="audit_by_trained_model", level=logging.WARNING, model=loaded.stored.name)


def _write(folder: Path, found: "Audit", settings: Settings) -> None:
    from application.audit.page import audit_page
    from entrypoints.container import container_of

    names = write_audit(folder, found)
    page = container_of(settings).report_writer().write(folder, audit_page(found, tuple(names)))
    line = f"Written to {folder}: {', '.join([page.name, *names])}"
    say(line, event="audit_written", folder=str(folder))


def _print(found: "Audit") -> None:
    for name, value in _lines(found):
        click.echo(f"{name + ':':<26} {value}")
    rows = list(queue_rows(found, _SHOWN))
    if rows:
        click.echo()
        shown = ("id", "given", "suggested", "probability", "reason")
        print_table(shown, [[row[name] for name in shown] for row in rows])


def _lines(found: "Audit") -> Iterator[tuple[str, str]]:
    facts, duplicates = audit_facts(found), found.duplicates
    yield "source", found.read.source
    yield "papers", ", ".join(f"{count:,} {split}" for split, count in facts["splits"].items())
    yield "labels doubted by", found.opinion.by
    yield "other labels suggested", f"{found.doubts.total:,} papers"
    for kind, count in facts["problems"].items():
        yield kind, f"{count:,} papers"
    yield "near-duplicates", f"{len(duplicates.pairs):,} pairs of {duplicates.papers:,} papers"
    for (first, second), count in duplicates.across.items():
        yield f"in {first} and {second}", f"{count:,} pairs"
    if duplicates.different_labels:
        yield "with different categories", f"{duplicates.different_labels:,} pairs"
