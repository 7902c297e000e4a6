"""The options of reading papers and of choosing labels, which are the same for every command."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click


def _parsed(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> dict[str, str] | None:
    """Returns the source's name of each column, by our name; None if the option is absent."""
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
    help="Names of the source's columns: abstract=Summary,categories=Keywords.",
)
SEPARATOR = click.option(
    "--separator",
    type=click.Choice(["semicolon", "comma", "bar", "none"]),
    help="Separator of the labels in a cell; default: detected.",
)
LABEL_SET = click.option(
    "--label-set", type=click.Choice(["auto", "arxiv", "own"]), help="arXiv's labels or your own; default: detected."
)
# The options of reading labelled papers.
READING = (COLUMNS, SEPARATOR, LABEL_SET)

# The options of choosing labels.
CATEGORIES = click.option(
    "--categories",
    metavar="A,B|top:N|FILE",
    help="Labels to learn: names separated by commas, the N most frequent, all, or a JSON file.",
)
LABEL_CHOICE = (
    CATEGORIES,
    click.option("--min-papers", type=click.IntRange(min=1), help="Leave out labels with fewer training papers."),
    click.option(
        "--label-names",
        type=click.Path(path_type=Path),
        help="Names of labels: CSV with label and name, or a JSON object.",
    ),
    click.option(
        "--max-unreadable",
        type=click.FloatRange(0, 1),
        help="Stop if a larger share of the records cannot be read; default: 0.01.",
    ),
)
# The settings of all these options.
NAMES = ("columns", "separator", "label_set", "categories", "min_papers", "label_names", "max_unreadable")


def several(options: Sequence[Callable[[Any], Any]]) -> Callable[[Any], Any]:
    """Returns a decorator that gives a command several options, in their order."""

    def decorate(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
