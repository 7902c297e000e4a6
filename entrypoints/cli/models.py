"""`arxiv-classifier models`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from domain.model_bundle import StoredModel
from entrypoints.cli.calibrate import calibrate
from entrypoints.cli.config_option import config_option
from entrypoints.cli.group import Command, SubcommandGroup
from entrypoints.cli.learn_advice import primary
from entrypoints.cli.messages import say
from entrypoints.cli.model_in_use import folder_in_use, use
from entrypoints.cli.model_registry import diff, history, judged, print_registered, promote, register, rollback
from entrypoints.cli.output import whole_path
from entrypoints.cli.tables import print_table
from entrypoints.cli.tune import policy_json, tune
from entrypoints.logs import configured
from entrypoints.settings import load_settings

if TYPE_CHECKING:
    from entrypoints.container import Container

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group(cls=SubcommandGroup)
def models() -> None:
    """List, show, use, calibrate, tune, verify, export, register and compare models."""


@models.command("list", cls=Command)
@click.option("--registry", "registered", is_flag=True, help="List registered versions with their aliases.")
@AS_JSON
@config_option
def list_(*, registered: bool, as_json: bool) -> None:
    """List the models that can be read, newest first, and mark the one in use."""
    container = _container()
    if registered:
        print_registered(container.model_registry(), as_json=as_json)
        return
    stored = container.model_store().list()
    used = folder_in_use(container, listed=[each.folder.resolve() for each in stored]) if stored else None
    in_use = [each.folder.resolve() == used for each in stored]
    if as_json:
        summaries = [{**_summary(each), "in use": used} for each, used in zip(stored, in_use, strict=True)]
        click.echo(json.dumps(summaries, indent=2))
    elif stored:
        rows = [
            {"in use": "*" if used else "", **_summary(each), "megabytes": f"{_megabytes(each):.1f}"}
            for each, used in zip(stored, in_use, strict=True)
        ]
        print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        say("There are no models yet. `arxiv-classifier train` makes one.", event="nothing_to_show")


@models.command(cls=Command, short_help="Show the record of a model.")
@click.argument("model", required=False)
@AS_JSON
@config_option
def show(*, model: str | None, as_json: bool) -> None:
    """Show the record of a model: a kind, kind/version, path or registry:NAME@ALIAS."""
    stored = _find(_container(), model)
    if as_json:
        click.echo(json.dumps(_details(stored), indent=2))
        return
    for name, value in _details(stored).items():
        if isinstance(value, Mapping):
            click.echo(f"{name}:")
            for key, inner in value.items():
                click.echo(f"  {key}: {json.dumps(inner)}")
        else:
            click.echo(f"{name}: {value if isinstance(value, str) else json.dumps(value)}")


@models.command(cls=Command, short_help="Check every file of a model and let it predict.")
@click.argument("model", required=False)
@AS_JSON
@config_option
def verify(*, model: str | None, as_json: bool) -> None:
    """Check every file of a model against its manifest, load it and let it predict."""
    from domain.abstract import Abstract

    container = _container()
    loaded = container.loaded_model(model or load_settings().model_reference)
    loaded.classifier.predict([Abstract("We study a problem.")])
    stored = loaded.stored
    if as_json:
        click.echo(json.dumps({"model": stored.name, "folder": str(stored.folder), "files": dict(stored.files)}))
    else:
        click.echo(f"{stored.name} is intact: {len(stored.files)} files in {stored.folder} are as they were saved.")


@models.command(cls=Command)
@click.argument("model", required=False)
@click.option("--format", "format_", default="keras", show_default=True, metavar="NAME", help="Format to write.")
@click.option("--output", type=click.Path(path_type=Path), required=True, help="File to write.")
@config_option
def export(*, model: str | None, format_: str, output: Path) -> None:
    """Write a model in another format, such as Keras' own.

    The written model gives raw probabilities. Calibration and thresholds stay in the bundle.
    """
    container = _container()
    stored = _find(container, model)
    with whole_path(output) as partial:
        container.family(stored.card.kind).export(stored.folder, stored.card.taxonomy, format=format_, path=partial)
    say(f"{stored.name} is written to {output}.", event="model_exported", model=stored.name, path=str(output))


for command in (use, calibrate, primary, tune, register, promote, rollback, history, diff):
    models.add_command(command)


def _container() -> "Container":
    from entrypoints.container import container_of

    return container_of(configured())


def _find(container: "Container", reference: str | None) -> StoredModel:
    store = container.model_store()
    return store.find(reference or load_settings().model_reference)


def _summary(stored: StoredModel) -> dict[str, object]:
    card = stored.card
    return {
        "model": stored.name,
        "shipped as": stored.shipped_as,
        "created": card.created,
        "categories": len(card.taxonomy),
        "megabytes": round(_megabytes(stored), 1),
        **judged(card.metrics),
        "folder": str(stored.folder),
    }


def _megabytes(stored: StoredModel) -> float:
    return sum(stored.files.values()) / 1e6


def _details(stored: StoredModel) -> dict[str, object]:
    card = stored.card
    return {
        "model": stored.name,
        "folder": str(stored.folder),
        "created": card.created,
        "run_id": card.run_id,
        "seed": card.seed,
        "threshold": card.thresholds.default,
        "policies": {name: policy_json(policy) for name, policy in card.policies.items()},
        "coverage_papers": 0 if card.conformal is None else card.conformal.papers,
        "categories": [str(category) for category in card.taxonomy],
        "fingerprint": card.taxonomy.fingerprint(),
        "config": dict(card.config),
        "data": dict(card.data),
        "metrics": {split: dict(values) for split, values in card.metrics.items()},
        "files": dict(stored.files),
        "libraries": dict(stored.libraries),
    }
