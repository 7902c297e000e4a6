"""The Django commands of `arxiv-classifier manage`: those that serving needs, without those that delete data."""

import sys
from collections.abc import Sequence
from typing import Any

from domain.errors import ConfigurationError

PROGRAM = "arxiv-classifier manage"
COMMANDS = {
    "check": "Check the settings; with --deploy, for a server that others reach.",
    "migrate": "Make or update the tables of feedback.",
    "showmigrations": "List the changes to the tables, and which of them were made.",
    "runserver": "Serve with Django's development server, which starts again when code changes.",
    "spectacular": "Write the OpenAPI document; --file names the file.",
}
_HELP = frozenset({"help", "--help", "-h"})


def manage(arguments: Sequence[str]) -> None:
    """Runs one of COMMANDS, or prints them for `help` and for no arguments.

    Raises ConfigurationError for a command that is not offered.
    """
    name, *rest = arguments or ["help"]
    if name in _HELP and not rest:
        sys.stdout.write(f"{_overview()}\n")
        return
    if name in _HELP:
        name, rest = rest[0], ["--help"]
    if name not in COMMANDS:
        raise ConfigurationError(
            f"`{PROGRAM}` has no command {name!r}. Its commands are {', '.join(COMMANDS)}; "
            f"`{PROGRAM} help` says what each does."
        )
    _run(name, rest)


def _overview() -> str:
    width = max(map(len, COMMANDS)) + 2
    commands = "\n".join(f"  {name:{width}}{summary}" for name, summary in COMMANDS.items())
    return (
        f"Usage: {PROGRAM} [--config FILE] COMMAND [OPTIONS]\n\n"
        f"Commands of Django, which serves the API:\n{commands}\n\n"
        f"`{PROGRAM} help COMMAND` lists the options of a command."
    )


def _run(name: str, arguments: list[str]) -> None:
    from entrypoints.rest.server import set_up

    set_up()
    from django.core.management import ManagementUtility

    utility = ManagementUtility([PROGRAM, name, *arguments])
    if name == "migrate":
        _prepare_migration(_options(utility.fetch_command(name), name, arguments))
    utility.execute()


def _options(command: Any, name: str, arguments: list[str]) -> Any:
    from django.core.management import CommandError

    try:
        return command.create_parser(PROGRAM, name).parse_args(arguments)
    except CommandError as error:
        found = str(error).removeprefix("Error: ")
        raise ConfigurationError(
            f"`{PROGRAM} {name}` does not take these options: {found}. `{PROGRAM} help {name}` lists those it takes."
        ) from error


def _prepare_migration(given: Any) -> None:
    from entrypoints.rest.start_up import make_folder

    if given.app_label is not None:
        raise ConfigurationError(
            f"`{PROGRAM} migrate` updates all tables and takes no app or migration, because to go back to an older "
            f"one deletes feedback. Leave out {given.app_label!r}."
        )
    for option in ("fake", "fake_initial", "prune", "run_syncdb"):
        if getattr(given, option):
            raise ConfigurationError(
                f"`{PROGRAM} migrate` makes the tables and notes that it did; --{option.replace('_', '-')} would do "
                "one of them alone. Leave it out."
            )
    make_folder()
