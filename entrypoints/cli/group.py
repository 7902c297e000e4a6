"""Click commands that load late, accept underscores for hyphens, and suggest the name that a misspelt one resembles."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import click
from typing_extensions import override

from domain.spelling import nearest
from entrypoints.cli.errors import ReaderGoneError
from entrypoints.registry import load


@dataclass(slots=True)
class Invocation:
    """The state of one run of the command line beside its options. `command` starts the same in another process."""

    debug: bool = False
    command: tuple[str, ...] = ()


def hyphenated(token: str) -> str:
    """Returns the name of an option or command with hyphens: `model_type` is `model-type`."""
    return token.replace("_", "-")


def _set_debug(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        context.ensure_object(Invocation).debug = True


def _debug_option() -> click.Option:
    return click.Option(
        ["--debug"], is_flag=True, expose_value=False, callback=_set_debug, help="Show tracebacks. Also DEBUG=1."
    )


def no_such(what: str, name: str, known: Iterable[str], context: click.Context) -> click.UsageError:
    """Returns the error for an unknown name, with the known one that it resembles."""
    near = nearest(name, known)
    hint = f" Did you mean {near}?" if near else ""
    return click.UsageError(f"There is no {what} {name}.{hint}", context)


class _Options(click.Command):
    """Suggests the option that a misspelt one resembles. Click's own rule names others as well."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            options = [name for each in self.get_params(ctx) for name in each.opts if name.startswith("--")]
            raise no_such("option", error.option_name, options, ctx) from error


class _Subcommands(_Options, click.Group):
    """Suggests the command that a misspelt one resembles."""

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = hyphenated(args[0])
        if not ctx.resilient_parsing and not name.startswith("-") and self.get_command(ctx, name) is None:
            raise no_such("command", args[0], self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)


class Command(_Options):
    """A command with --debug and underscore spellings."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("context_settings", {}).setdefault("token_normalize_func", hyphenated)
        super().__init__(*args, **options)
        self.params.append(_debug_option())


class LazyGroup(_Subcommands):
    """A group that imports a command's module when the command is used; listing imports none."""

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


class SubcommandGroup(_Subcommands):
    """A group inside the program, with underscore spellings for its commands."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("context_settings", {}).setdefault("token_normalize_func", hyphenated)
        super().__init__(*args, **options)
