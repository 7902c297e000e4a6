"""Commands in the documentation work as they are written, in a clone."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from entrypoints.cli.main import NAME, cli
from tests.architecture.documents import PAGES, PROJECT, blocks, name_of

# What a command needs beyond what predicting does: its message names the extra where it is missing.
EXTRAS = {"serve": "serve", "demo": "demo", "mcp": "mcp", "train": "train", "sweep": "train"}
_COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*(?P<before>uv run (?:--extra \S+ )*)?arxiv-classifier (?P<name>[a-z]\S*)")


def commands(page: Path) -> Iterator[tuple[int, str]]:
    """The lines of a page's shell blocks, with their numbers; a line that goes on in the next is one line."""
    for block in blocks(page):
        if block.language == "sh":
            joined = block.code.replace("\\\n", "")
            yield from ((block.line, line.strip()) for line in joined.split("\n"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_are_written_as_they_work_in_a_clone(page: Path) -> None:
    """Each begins with `uv run`, and with the extra that its subcommand needs."""
    for number, line in commands(page):
        found = _COMMAND.match(line)
        if found is None:
            continue
        where = f"{name_of(page)}:{number}: {line}"
        assert found["before"], where
        extra = EXTRAS.get(found["name"])
        # `cuda` is `train` with torch in the place of TensorFlow.
        fitting = [extra, "cuda"] if extra == "train" else [extra]
        assert extra is None or any(f"--extra {each} " in found["before"] for each in fitting), where


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_options_of_commands_exist(page: Path) -> None:
    """Each documented command is one that the program has, and takes the options that it is shown with."""
    for number, line in commands(page):
        for words in _calls(line):
            known, rest = _resolved(words)
            unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in known]
            assert unknown == [], f"{name_of(page)}:{number}: {line}"


def test_the_readme_fits_on_two_screens() -> None:
    """The README is short: what the program is, how it is started, how good and fast it is, and where to read on."""
    assert len((PROJECT / "README.md").read_text("utf-8").splitlines()) <= 110


def _calls(line: str) -> Iterator[list[str]]:
    """The words behind each `arxiv-classifier` of a line, up to a pipe or another command."""
    for call in re.split(r"(?:^|\s)arxiv-classifier (?=[a-z])", line)[1:]:
        yield shlex.split(re.split(r"\s(?:\||&&|#)", call)[0], comments=True)


def _resolved(words: list[str]) -> tuple[set[str], list[str]]:
    """The options of the command that words call, and the words that are left to it."""
    command: click.Command = cli
    rest = list(words)
    while isinstance(command, click.Group):
        below = command.get_command(click.Context(command), rest[0])
        assert below is not None, f"{NAME} {' '.join(words)}"
        command = below
        rest = rest[1:]
    options = {name for each in command.params for name in each.opts} | {"--help"}
    return options if not command.ignore_unknown_options else options | set(rest), rest
