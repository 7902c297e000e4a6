"""`arxiv-classifier models use`, and the messages that name the model in use."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

import click

from domain.errors import ArxivClassifierError
from domain.model_bundle import StoredModel
from entrypoints.cli.config_option import config_option
from entrypoints.cli.group import Command
from entrypoints.cli.messages import say
from entrypoints.logs import configured
from entrypoints.settings import Settings, load_settings

if TYPE_CHECKING:
    from entrypoints.container import Container


@click.command(cls=Command, short_help="Choose the model that commands use.")
@click.argument("reference", required=False)
@click.option("--shipped", is_flag=True, help="Go back to the shipped model.")
@config_option
def use(*, reference: str | None, shipped: bool) -> None:
    """Choose the model that commands use by default, and for the name of its kind.

    REFERENCE is a kind (its shipped model), kind/version, a path or registry:NAME@ALIAS. --model, MODEL_PATH and
    MODEL_TYPE override the choice. It is stored in the artifacts folder until another one is made.
    """
    from entrypoints.container import container_of

    if (reference is None) == (not shipped):
        raise click.UsageError("Give either REFERENCE, the model to use, or --shipped.")
    settings = configured()
    container = container_of(settings)
    in_use = container.model_in_use()
    if reference is None:
        in_use.use_shipped()
        click.echo("The shipped model is in use.")
    else:
        stored, kept = container.use_model()(reference)
        named = kept if kept == stored.name else f"{kept} ({stored.name})"
        click.echo(f"{named} is in use, as {in_use.place} says. `arxiv-classifier models use --shipped` goes back.")
    _tell_what_goes_before(settings)


def tell_model(stored: StoredModel) -> None:
    """Names on stderr the model that predicted, unless it is the shipped default."""
    from entrypoints.container import is_shipped

    if not (is_shipped(stored) and stored.card.kind == Settings().kind):
        say(
            f"Answered by the model {stored.name}.",
            event="model_answered",
            model=stored.name,
            folder=str(stored.folder),
        )


def folder_in_use(container: "Container", *, listed: list[Path]) -> Path | None:
    """Returns the folder of the model in use. A message says if it is not `listed` or does not exist."""
    store = container.model_store()
    try:
        folder = store.locate(load_settings().model_reference)
    except ArxivClassifierError as error:
        say(f"Warning: {error}", event="model_in_use_missing", level=logging.WARNING)
        return None
    if folder not in listed:
        say(
            f"In use is the model in {folder}, which is not in the list.",
            event="model_in_use_unlisted",
            folder=str(folder),
        )
    return folder


def _tell_what_goes_before(settings: Settings) -> None:
    if settings.model_path or settings.kind_named:
        what = f"the model {settings.model_path}" if settings.model_path else f"the kind {settings.kind}"
        line = f"Warning: MODEL_PATH, MODEL_TYPE or a file of settings names {what}, which overrides the model in use."
        say(line, event="model_in_use_overridden", level=logging.WARNING)
