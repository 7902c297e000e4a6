"""The options that say how a source of papers is read, the same ones for every command that reads papers."""

import csv
from collections.abc import Sequence

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
