"""The option --tracker of commands that train."""

import click


def _none_where_absent(
    _context: click.Context, _parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...] | None:
    return value or None


tracker_option = click.option(
    "--tracker",
    metavar="NAME",
    multiple=True,
    callback=_none_where_absent,
    help="null, wandb, mlflow or tensorboard; several separated by commas or repeated. Default: null.",
)
