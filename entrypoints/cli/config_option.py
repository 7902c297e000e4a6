"""The option --config of commands whose settings other processes or Django read too."""

import os
from pathlib import Path

import click

from entrypoints.settings_fields import CONFIG_VARIABLE


def _choose(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        os.environ[CONFIG_VARIABLE] = os.path.abspath(value)


config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    callback=_choose,
    expose_value=False,
    help=f"A YAML file of settings; default: {CONFIG_VARIABLE}.",
)
