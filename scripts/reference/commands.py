"""The reference of the command line, from click's own tree of commands."""

from collections.abc import Iterator

import click

from entrypoints.cli.main import NAME, cli
from scripts.reference.markdown import cell, code, sentences, table

_EVERYWHERE = {"--debug", "--help", "-h"}


def commands() -> str:
    """Every command with its arguments and options, each under a heading of its own."""
    return "\n\n".join(_section(context) for context in leaves(click.Context(cli, info_name=NAME)))


def leaves(context: click.Context) -> Iterator[click.Context]:
    """The contexts of all commands that are no groups, in the order of --help."""
    command = context.command
    if not isinstance(command, click.Group):
        yield context
        return
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None, name
        yield from leaves(click.Context(below, info_name=name, parent=context))


def options_of(context: click.Context) -> list[click.Parameter]:
    """A command's own arguments and options; --help and --debug are those of every command."""
    return [each for each in context.command.get_params(context) if not _EVERYWHERE.issuperset(each.opts)]


def _section(context: click.Context) -> str:
    title = context.command_path.removeprefix(f"{NAME} ")
    usage = " ".join(context.command.collect_usage_pieces(context))
    parts = [f"## {title}", sentences(context.command.help), f"```text\n{context.command_path} {usage}\n```"]
    rows = [_row(each, context) for each in options_of(context)]
    return "\n\n".join([*parts, *([table(("option", "value", "default", "does"), rows)] if rows else [])])


def _row(parameter: click.Parameter, context: click.Context) -> tuple[str, str, str, str]:
    names = ", ".join(code(name) for name in (*parameter.opts, *parameter.secondary_opts))
    if isinstance(parameter, click.Option):
        value = "" if parameter.is_flag else parameter.make_metavar(context)
        return names, code(value), _default(parameter, context), parameter.help or ""
    return code(parameter.make_metavar(context)), "", "", "argument"


def _default(option: click.Option, context: click.Context) -> str:
    said = option.get_help_extra(context).get("default", "")
    return cell(code(said))
