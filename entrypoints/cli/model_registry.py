"""`arxiv-classifier models register`, `promote`, `rollback`, `history` and `diff`."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from domain.ports.registry import ModelRegistry
from domain.registered_model import CHAMPION, RegisteredModel, RegistryReference
from entrypoints.cli.config_option import config_option
from entrypoints.cli.group import Command
from entrypoints.cli.messages import say
from entrypoints.cli.tables import print_table
from entrypoints.logs import configured

if TYPE_CHECKING:
    from application.compare_models import Compared
    from application.promote_model import Move
    from entrypoints.container import Container

NAME = "arxiv-classifier"
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_ALIAS = click.option("--alias", default=CHAMPION, show_default=True, help="Alias to move.")


@click.command(cls=Command)
@click.argument("model", required=False)
@click.option("--name", default=NAME, show_default=True, help="Name in the registry.")
@click.option("--notes", default="", help="Notes on the model.")
@click.option("--run", default="", metavar="RUN", help="The tracked run that made it; default: as its manifest says.")
@_AS_JSON
@config_option
def register(*, model: str | None, name: str, notes: str, run: str, as_json: bool) -> None:
    """Register a model as the next version of a name.

    MODEL is a kind, kind/version or a path. The registry keeps a copy of it.
    """
    from application.register_model import RegisterCommand

    command = RegisterCommand(model or configured().model_reference, name, _user(), run, notes)
    registered, new = _container().register_model()(command)
    if not new and (lost := _not_taken(registered, notes=notes, run=run)):
        said = f"Warning: a version never changes after it is registered, so {lost} ignored."
        say(said, event="registration_known", level=logging.WARNING)
    if as_json:
        click.echo(json.dumps({**_summary(registered, ()), "new": new}, indent=2))
    elif new:
        click.echo(f"{registered.model} is registered as {registered.reference}.")
    else:
        click.echo(f"{registered.model} is registered already, as {registered.reference}.")


@click.command(cls=Command)
@click.argument("model", metavar="NAME[/VERSION]", default=NAME)
@_ALIAS
@click.option(
    "--allow-taxonomy-change",
    "--force",
    is_flag=True,
    help="Move the alias even if the categories differ from those of the version that has it now.",
)
@_AS_JSON
@config_option
def promote(*, model: str, alias: str, allow_taxonomy_change: bool, as_json: bool) -> None:
    """Give an alias to a version, by default the newest.

    Servers that follow the alias load the version. NAME@challenger promotes the version with that alias.
    """
    reference = RegistryReference.parse(model)
    promoted = _container().promote_model()(reference, alias, by=_user(), allow_taxonomy_change=allow_taxonomy_change)
    _print_move(promoted, as_json=as_json)


@click.command(cls=Command)
@click.argument("name", default=NAME)
@_ALIAS
@_AS_JSON
@config_option
def rollback(*, name: str, alias: str, as_json: bool) -> None:
    """Give an alias back to the version before.

    Repeating the command goes further back.
    """
    reference = RegistryReference.parse(name)
    if reference.version is not None or (reference.alias or alias) != alias:
        raise click.UsageError(f"Name the model alone: rollback {reference.name} --alias {reference.alias or alias}.")
    _print_move(_container().roll_back_model()(reference.name, alias, by=_user()), as_json=as_json)


@click.command(cls=Command)
@click.argument("name", default=NAME)
@click.option("--alias", help="Show this alias only.")
@_AS_JSON
@config_option
def history(*, name: str, alias: str | None, as_json: bool) -> None:
    """Show every move of the aliases of NAME, oldest first."""
    registry = _container().model_registry()
    registry.versions(name)  # an unknown name is an error
    moves = [
        {"alias": each.name, **asdict(change)}
        for each in registry.aliases(name)
        for change in each.history
        if alias in (None, each.name)
    ]
    moves.sort(key=lambda move: str(move["at"]))
    if as_json:
        click.echo(json.dumps(moves, indent=2))
    elif moves:
        columns = ["at", "alias", "action", "previous", "version", "by"]
        print_table(columns, [[str(move[column] or "") for column in columns] for move in moves])
    else:
        say(f"No alias of {name} was moved yet.", event="nothing_to_show")


@click.command(cls=Command)
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.option("--all", "everything", is_flag=True, help="Show equal values too.")
@_AS_JSON
@config_option
def diff(*, left: str, right: str, everything: bool, as_json: bool) -> None:
    """Show how two models differ.

    Metrics, categories, data, configuration and size are compared. A and B are kinds, kind/version, paths or
    registry:NAME@ALIAS. Metrics are subtracted if both models have the same categories.
    """
    from application.compare_models import categories_differ, compare_models

    store = _container().model_store()
    one, other = store.find(left), store.find(right)
    rows = [row for row in compare_models(one, other) if everything or row.differs]
    words = categories_differ(one, other)
    if as_json:
        click.echo(json.dumps(_diff_json(left, right, rows, words), indent=2))
        return
    if rows:
        print_table(["", "A", "B", "B - A"], [_diff_row(row) for row in rows])
    else:
        click.echo(f"{left} and {right} are the same model.")
    if words:
        click.echo(f"\nCategories of B compared with those of A: {words}.")
        click.echo("Metrics of different categories are not subtracted. To compare the models on the categories that")
        click.echo("they share, run `evaluate --models A B --report FOLDER`.")


def print_registered(registry: ModelRegistry, *, as_json: bool) -> None:
    """Prints every registered version, newest first, with its aliases."""
    versions = [
        (model, [alias.name for alias in registry.aliases(name) if alias.version == model.version])
        for name in registry.names()
        for model in registry.versions(name)
    ]
    if as_json:
        click.echo(json.dumps([_summary(model, aliases) for model, aliases in versions], indent=2))
    elif versions:
        rows = [_row(model, aliases) for model, aliases in versions]
        print_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        say("No model is registered yet. `arxiv-classifier models register` registers one.", event="nothing_to_show")


def judged(metrics: Mapping[str, Mapping[str, float]]) -> dict[str, object]:
    """Returns a model's micro F1 and the split that it was measured on: test if there is one, else validation."""
    for split in ("test", "validation"):
        if "micro_f1" in metrics.get(split, {}):
            return {"micro F1": metrics[split]["micro_f1"], "measured on": split}
    return {"micro F1": "", "measured on": ""}


def _container() -> "Container":
    from entrypoints.container import container_of

    return container_of(configured())


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a container may run as a number without a name
        return ""


def _not_taken(registered: RegisteredModel, *, notes: str, run: str) -> str:
    given = {"--notes": (notes, registered.notes), "--run": (run, registered.run)}
    lost = [flag for flag, (said, known) in given.items() if said not in ("", known)]
    return f"{' and '.join(lost)} {'is' if len(lost) == 1 else 'are'}" if lost else ""


def _print_move(move: "Move", *, as_json: bool) -> None:
    for warning in move.warnings:
        say(f"Warning: {warning}", event="promotion_doubtful", level=logging.WARNING)
    before = move.previous.reference if move.previous and move.previous.version != move.model.version else None
    if as_json:
        aliases = {"alias": move.alias, "previous": str(before) if before else None, "changed": move.changed}
        click.echo(json.dumps({**_summary(move.model, [move.alias]), **aliases}, indent=2))
    elif not move.changed:
        click.echo(f"{move.model.reference} is the {move.alias} already.")
    else:
        click.echo(f"{move.model.reference} is the {move.alias} now{f', {before} was before' if before else ''}.")


def _summary(model: RegisteredModel, aliases: Sequence[str]) -> dict[str, object]:
    return {
        "reference": str(model.reference),
        "name": model.name,
        "version": model.version,
        "aliases": list(aliases),
        "model": model.model,
        "digest": model.digest,
        "created": model.created,
        "registered": model.registered,
        "by": model.by,
        "categories": len(model.categories),
        "fingerprint": model.fingerprint,
        "bytes": model.size,
        "metrics": {split: dict(named) for split, named in model.metrics.items()},
        "source": model.source,
        "run": model.run,
        "notes": model.notes,
    }


def _row(model: RegisteredModel, aliases: Sequence[str]) -> dict[str, object]:
    return {
        "registered as": str(model.reference),
        "aliases": ", ".join(aliases),
        "model": model.model,
        "registered": model.registered,
        "categories": len(model.categories),
        "megabytes": f"{model.size / 1e6:.1f}",
        **judged(model.metrics),
        "notes": " ".join(model.notes.split()),
    }


def _diff_row(row: "Compared") -> list[object]:
    change = row.change
    told = "" if not change else f"{change:+.4f}" if isinstance(change, float) else f"{change:+,}"
    return [f"{row.section}: {row.name}", _shown(row.left), _shown(row.right), told]


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4f}"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _diff_json(left: str, right: str, rows: "Sequence[Compared]", words: str) -> dict[str, object]:
    sections: dict[str, dict[str, object]] = {}
    for row in rows:
        values = {"a": row.left, "b": row.right, "change": row.change}
        sections.setdefault(row.section, {})[row.name] = values
    return {"a": left, "b": right, "categories": words, "differences": sections}
