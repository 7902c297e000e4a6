"""`arxiv-classifier models primary`."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from domain.model_bundle import StoredModel
from entrypoints.cli.bad_records import BadRecords
from entrypoints.cli.group import Command
from entrypoints.cli.progress import Progress
from entrypoints.cli.reading_options import COLUMNS
from entrypoints.cli.tables import print_table
from entrypoints.logs import configured
from entrypoints.required_source import require_source

if TYPE_CHECKING:
    pass


@click.command(cls=Command, short_help="Teach a model which category comes first.")
@click.argument("model", required=False)
@click.option("--dataset", metavar="SOURCE", help="Papers with their categories, primary first, in splits.")
@COLUMNS
@click.option("--output", "artifacts", type=click.Path(path_type=Path), help="Where models are kept (ARTIFACTS).")
@click.option("--strict", is_flag=True, help="Refuse records that cannot be read.")
@click.option("--config", type=click.Path(path_type=Path), help="A YAML file of settings.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, not a table.")
def primary(*, model: str | None, strict: bool, config: Path | None, as_json: bool, **flags: object) -> None:
    """Teach a stored model which category comes first and when to give advice, and save it as a new model.

    MODEL is a shipped model, kind/version, path or registry:NAME@ALIAS. Every training does this by itself; a model
    that was stored earlier gives its most probable category as the primary. Weights, probabilities and thresholds stay
    as they are. The validation papers of SOURCE are learnt from, and the table is of its test papers.
    """
    from entrypoints.container import container_of

    settings = configured(flags, config=config)
    require_source(settings)
    container = container_of(settings)
    dataset = container.dataset()
    loaded = container.loaded_model(model or settings.model_reference)
    with Progress("papers") as progress:
        bad_records = BadRecords(progress.say, strict=strict)
        learn = container.learn_advice(dataset)
        stored = learn(loaded.stored, loaded.raw, bad_records)
    bad_records.summary()
    _tell(stored, as_json=as_json)


def _tell(stored: StoredModel, *, as_json: bool) -> None:
    metrics = stored.card.metrics["advice"]
    if as_json:
        click.echo(json.dumps({"model": stored.name, "folder": str(stored.folder), "advice": metrics}, indent=2))
        return
    print_table(["advice on test papers", "value"], [[name, value] for name, value in metrics.items()])
    click.echo(f"\nSaved as {stored.name} in {stored.folder}")
