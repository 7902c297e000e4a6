"""An option that takes several values, separated by spaces or commas, or by repeating it."""

from collections.abc import Iterable, Iterator

import click
from typing_extensions import override

from entrypoints.cli.group import Command, hyphenated


class SeveralModels(Command):
    """A command whose --models takes every word up to the next option. Click's options take a fixed number."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_repeated(args, "--models")))


class SeveralChosen(Command):
    """A command whose --chosen takes every word up to the next option."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_repeated(args, "--chosen")))


def split_names(values: Iterable[str]) -> list[str]:
    """Returns the names in the values of an option, which commas may separate."""
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def _repeated(args: list[str], option: str) -> Iterator[str]:
    """Yields the same arguments with the option before each of its values."""
    taking = False
    for place, word in enumerate(args):
        if word == "--":
            yield from args[place:]
            return
        if word.startswith("-"):
            name, equals, _ = word.partition("=")
            taking = hyphenated(name) == option
            if not taking or equals:
                yield word
            elif not args[place + 1 :] or args[place + 1].startswith("-"):
                raise click.BadOptionUsage(option, f"Option '{option}' requires an argument.")
        elif taking:
            yield from (option, word)
        else:
            yield word
