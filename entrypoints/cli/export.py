"""`arxiv-classifier export`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from domain.errors import InvalidInputError
from domain.model_bundle import StoredModel
from entrypoints.cli.config_option import config_option
from entrypoints.cli.group import Command, SubcommandGroup
from entrypoints.cli.messages import say
from entrypoints.cli.output import whole_file
from entrypoints.logs import configured
from entrypoints.registry import PAGE_KINDS
from entrypoints.settings import Settings

if TYPE_CHECKING:
    from entrypoints.container import Container


def _folder(_: click.Context, __: click.Parameter, name: str) -> Path:
    """Returns the folder of a name. An empty one, such as an unset variable, would name the working directory."""
    if not name:
        raise click.BadParameter("The name of the folder is empty. A dot names the working directory.")
    return Path(name)


@click.group(cls=SubcommandGroup)
def export() -> None:
    """Write a web page that classifies in the visitor's browser."""


@export.command(cls=Command, short_help="Write a web page that classifies in the visitor's browser.")
@click.argument("folder", type=click.Path(), callback=_folder, metavar="DIR")
@click.option("--model", metavar="PATH_OR_KIND", help="Which model: a kind, kind/version, path or registry:NAME@ALIAS.")
@config_option
def page(*, folder: Path, model: str | None) -> None:
    """Write a web page into the folder DIR. It classifies and explains in the visitor's browser.

    Any server of files can serve it. The texts that visitors type stay on their machines. It takes a baseline.
    """
    from entrypoints.container import container_of
    from entrypoints.static_page.writing import page_files, refuse_foreign, write_page

    settings = configured({})
    container = container_of(settings)
    stored = container.model_store().find(model or settings.model_reference)
    if stored.card.kind not in PAGE_KINDS:
        raise InvalidInputError(
            f"{stored.name} is of kind {stored.card.kind}, which no page can run. "
            f"Name a {' or '.join(PAGE_KINDS)} with --model."
        )
    refuse_foreign(folder)
    content = page_files(_weights(container, stored), _description(stored, settings))
    write_page(folder, content, _write)
    megabytes = sum(map(len, content.values())) / 1e6
    say(
        f"The page of {stored.name} is in {folder} ({megabytes:.1f} MB). "
        f"To see it: python -m http.server --directory {folder} 8080, then open http://127.0.0.1:8080/.",
        event="page_exported",
        model=stored.name,
        path=str(folder),
        megabytes=round(megabytes, 1),
    )


def _weights(container: "Container", stored: StoredModel) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        family = container.family(stored.card.kind)
        family.export(stored.folder, stored.card.taxonomy, format="browser", path=path)
        return path.read_bytes()


def _description(stored: StoredModel, settings: Settings) -> dict[str, object]:
    from application.predictions.text_warnings import FEWEST_WORDS
    from entrypoints.static_page.description import described
    from entrypoints.taxonomies import lifetimes

    closing = lifetimes() if settings.close_categories else {}
    limit = settings.max_characters
    return described(stored, lifetimes=closing, max_characters=limit, fewest_words=FEWEST_WORDS)


def _write(path: Path, content: bytes) -> None:
    with whole_file(path) as stream:
        stream.write(content)
