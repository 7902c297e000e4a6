"""The options that say how a source of papers is read and what is learnt, the same ones for every command."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click


def _parsed(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, str] | None:
    """What each column is called in the source, by the column's name; None where nothing is said."""
    columns: dict[str, str] = {}
    for pair in (pair for value in values for pair in next(csv.reader([value]), [])):
        name, equals, theirs = pair.partition("=")
        if not (equals and name.strip() and theirs.strip()):
            raise click.BadParameter(
                f"{pair!r} does not say which column is which. Write --columns abstract=Summary,categories=Keywords.",
                context,
                parameter,
            )
        if name.strip() in columns:
            raise click.BadParameter(f"{name.strip()} is named twice. Name each column once.", context, parameter)
        columns[name.strip()] = theirs.strip()
    return columns or None


COLUMNS = click.option(
    "--columns",
    metavar="NAME=COLUMN[,...]",
    multiple=True,
    callback=_parsed,
    help="What the papers' columns are called: abstract=Summary,categories=Keywords.",
)
SEPARATOR = click.option(
    "--separator",
    type=click.Choice(["semicolon", "comma", "bar", "none"]),
    help="What is between labels in a cell; default: found.",
)
LABEL_SET = click.option(
    "--label-set", type=click.Choice(["auto", "arxiv", "own"]), help="Whose labels the papers have; default: found."
)
# How labelled papers are read.
READING = (COLUMNS, SEPARATOR, LABEL_SET)

# What is learnt of them.
CATEGORIES = click.option(
    "--categories",
    metavar="A,B|top:N|FILE",
    help="Which labels to learn: names with commas, the N most frequent, all, or a JSON file.",
)
LABEL_CHOICE = (
    CATEGORIES,
    click.option("--min-papers", type=click.IntRange(min=1), help="Leave labels out that fewer training papers have."),
    click.option(
        "--label-names",
        type=click.Path(path_type=Path),
        help="What labels are called: CSV with label and name, or a JSON object.",
    ),
    click.option(
        "--max-unreadable",
        type=click.FloatRange(0, 1),
        help="Stop where a larger share of the records cannot be read; default: 0.01.",
    ),
)
# The settings that all of these set.
NAMES = ("columns", "separator", "label_set", "categories", "min_papers", "label_names", "max_unreadable")


def several(options: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """What gives a command several options, in their order."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
