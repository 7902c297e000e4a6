"""`arxiv-classifier variants`."""

import dataclasses
import json
from pathlib import Path

import click

from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.config_option import config_option
from entrypoints.cli.group import Command, SubcommandGroup
from entrypoints.cli.progress import Progress
from entrypoints.logs import configured

_CONFIGURED = "configured"


@click.group(cls=SubcommandGroup)
def variants() -> None:
    """Compare the variants of an experiment."""


@variants.command(cls=Command)
@click.argument("log", metavar="LOG_FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--feedback",
    "database",
    metavar="[DATABASE]",
    is_flag=False,
    flag_value=_CONFIGURED,
    help="Compare accuracy by feedback from DATABASE, a URL or a SQLite file; default: the configured one.",
)
@click.option(
    "--reference", metavar="VARIANT", help="Variant to compare with; default: the one with the most requests."
)
@click.option(
    "--metric",
    type=click.Choice(["precision_at_1", "subset_accuracy"]),
    default="precision_at_1",
    show_default="precision-at-1",
    help="Metric of the sequential test.",
)
@click.option("--alpha", type=float, default=0.05, show_default=True, help="Probability of a wrong stop.")
@click.option("--margin", type=float, default=0.02, show_default=True, help="A smaller difference counts as none.")
@click.option("--all-models", is_flag=True, help="Compare each model that a variant had; default: the last one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@config_option
@click.option("--strict", is_flag=True, help="Stop at the first line that cannot be read.")
def report(*, log: Path, database: str | None, as_json: bool, strict: bool, **options: object) -> None:
    """Compare variants from the predictions in LOG_FOLDER and from feedback.

    The sequential test allows looking at the report as often as you like.
    """
    from application.compare_variants import CompareCommand
    from entrypoints.cli.feedback import feedback_store
    from entrypoints.container import container_of

    command = CompareCommand(**options)  # type: ignore[arg-type]  # click made them of those types
    store = None
    if database is not None:
        store = feedback_store(None if database == _CONFIGURED else database)
    container = container_of(configured())
    with Progress("lines") as progress:
        bad_records = BadRecords(progress.say, strict=strict)
        found = container.compare_variants(container.prediction_log(log), store)(command, bad_records)
    bad_records.summary()
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found), indent=2))
    else:
        from entrypoints.cli.variant_tables import print_report

        print_report(found, judged=store is not None)
