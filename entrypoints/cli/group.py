"""Click commands that load late and take underscores for hyphens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click
from typing_extensions import override

from entrypoints.cli.errors import ReaderGoneError
from entrypoints.registry import load


@dataclass(slots=True)
class Invocation:
    """What one run of the command line carries beside its options; `command` starts the same in another process."""

    debug: bool = False
    command: tuple[str, ...] = ()


def hyphenated(token: str) -> str:
    """An option's or command's name as it is spelt here: `model_type` is `model-type`."""
    return token.replace("_", "-")


def _set_debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Invocation).debug = True


def _debug_option() -> click.Option:
    return click.Option(
        ["--debug"], is_flag=True, expose_value=False, callback=_set_debug, help="Show tracebacks. Also DEBUG=1."
    )


class Command(click.Command):
    """A command with --debug and underscore spellings."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("context_settings", {}).setdefault("token_normalize_func", hyphenated)
        super().__init__(*args, **options)
        self.params.append(_debug_option())


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used, and not to list it."""

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]] | None = None, **options: Any) -> None:
        settings = {"token_normalize_func": hyphenated, "help_option_names": ["-h", "--help"], "max_content_width": 100}
        super().__init__(*args, context_settings=settings, **options)
        self.lazy = lazy or {}
        self.params.append(_debug_option())

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise ReaderGoneError from error

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.lazy, *super().list_commands(ctx)]

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return super().get_command(ctx, cmd_name)
        command: click.Command = load(self.lazy[cmd_name][0])
        return command

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.lazy.items()])


class SubcommandGroup(click.Group):
    """A group inside the program, with underscore spellings for its commands."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("context_settings", {}).setdefault("token_normalize_func", hyphenated)
        super().__init__(*args, **options)
