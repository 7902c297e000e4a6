"""Commands in the documentation work as they are written, in a clone."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
# What a command needs beyond what predicting does: its message names the extra where it is missing.
EXTRAS = {"serve": "serve", "demo": "demo", "train": "train", "sweep": "train"}
_COMMAND = re.compile(r"^(?:[A-Z_]+=\S+ )*(?P<before>uv run (?:--extra \S+ )*)?arxiv-classifier (?P<name>[a-z]\S*)")


def commands(page: Path) -> Iterator[tuple[int, str]]:
    """The lines of a page's shell blocks, with their numbers."""
    inside = False
    for number, line in enumerate(page.read_text("utf-8").split("\n"), start=1):
        if line.startswith("```"):
            inside = line.strip() == "```sh" and not inside
        elif inside:
            yield number, line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_written_as_they_work_in_a_clone(page: Path) -> None:
    """Each begins with `uv run`, and with the extra that its subcommand needs."""
    for number, line in commands(page):
        found = _COMMAND.match(line)
        if found is None:
            continue
        where = f"{page.name}:{number}: {line}"
        assert found["before"], where
        extra = EXTRAS.get(found["name"])
        assert extra is None or f"--extra {extra} " in found["before"], where
