"""The options of what predictions are written with."""

import csv
from collections.abc import Mapping, Sequence
from typing import Any

import click

from domain.output_form import Layout, OutputForm


def _column_names(context: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Returns the names in the values, which commas separate. Quotes enclose a name with a comma."""
    return tuple(name.strip() for value in values for name in next(csv.reader([value]), []) if name.strip())


OUTPUT_FORM = (
    click.option(
        "--layout",
        type=click.Choice([str(layout) for layout in Layout]),
        default=str(Layout.LIST),
        show_default=True,
        help="Parquet's rows: a list a paper, a row a label, or a float16 column a category.",
    ),
    click.option(
        "--keep-columns",
        metavar="COLUMN[,...]",
        multiple=True,
        callback=_column_names,
        help="Columns of INPUT, by its own names, that the output keeps.",
    ),
    click.option("--names", is_flag=True, help="Add the name of each category."),
    click.option("--primary", is_flag=True, help="Add the most probable primary category of each paper."),
)


def form_of(said: Mapping[str, Any]) -> tuple[OutputForm, dict[str, Any]]:
    """Returns the form that the options describe, and the other options."""
    others = dict(said)
    layout, names, primary, kept = (others.pop(name) for name in ("layout", "names", "primary", "keep_columns"))
    return OutputForm(Layout(layout), names=names, primary=primary, kept=kept), others


def refuse_form(form: OutputForm, format: str) -> None:
    """Raises UsageError for a form that a format cannot write."""
    if form.layout != Layout.LIST and format != "parquet":
        raise click.UsageError(f"--layout {form.layout} goes with --format parquet, not {format}.")
    if form.names and form.layout == Layout.COLUMNS:
        raise click.UsageError("--names does not go with --layout columns, which has names in the fields' metadata.")
    if format == "table" and (form.names or form.primary or form.kept):
        raise click.UsageError(
            "--names, --primary and --keep-columns go with --format jsonl, csv or parquet. A table has the names."
        )


def threshold_of(form: OutputForm, said: Mapping[str, Any]) -> float | None:
    """Returns the threshold that was named. Layout `columns` has every category unless a choice was named."""
    named: float | None = said["threshold"]
    chosen = said["top_k"] or any(said[name] is not None for name in ("threshold", "policy", "coverage"))
    return 0.0 if form.layout == Layout.COLUMNS and not chosen else named
