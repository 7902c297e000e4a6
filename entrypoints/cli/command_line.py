"""The command that a user gave, in one order."""

import shlex
from collections.abc import Collection, Iterator
from typing import Any

import click
from click.core import ParameterSource


def command_line(context: click.Context, *, without: Collection[str]) -> str:
    """Returns the command with the parameters that were given, in the order of its help, but for those in `without`."""
    words = ["arxiv-classifier", str(context.info_name)]
    for parameter in context.command.params:
        name = str(parameter.name)
        given = context.get_parameter_source(name) == ParameterSource.COMMANDLINE
        if given and name in context.params and name not in without:
            words += _words(parameter, context.params[name])
    return shlex.join(words)


def _words(parameter: click.Parameter, value: Any) -> Iterator[str]:
    values = value if isinstance(value, tuple) else (value,)
    for each in values:
        text = ",".join(f"{ours}={theirs}" for ours, theirs in each.items()) if isinstance(each, dict) else str(each)
        if isinstance(parameter, click.Argument):
            yield text
        elif isinstance(parameter, click.Option) and parameter.is_flag:
            yield parameter.opts[0]
        else:
            yield from (parameter.opts[0], text)
