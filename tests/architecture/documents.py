"""The documents of the project and their blocks of code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", *sorted((PROJECT / "docs").rglob("*.md"))]
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)$")
_NOT_RUN = re.compile(r"^ *<!-- not run: (?P<reason>.+) -->$")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code: where it stands, what it says, why it is not run, and what it is said to print."""

    page: Path
    line: int
    language: str
    code: str
    not_run: str | None
    prints: str | None


def name_of(page: Path) -> str:
    """A page's path in the project."""
    return str(page.relative_to(PROJECT))


def blocks(page: Path) -> list[Block]:
    """The blocks of a page, in order; a block of text right below another is what that one prints."""
    found: list[Block] = []
    last = 0
    lines = page.read_text("utf-8").split("\n")
    for start, end, language in _fences(lines):
        between = [line for line in lines[last:start] if line.strip()]
        code = "\n".join(lines[start + 1 : end])
        if language == "text" and found and not between:
            before = found[-1]
            found[-1] = Block(before.page, before.line, before.language, before.code, before.not_run, code)
        said = _NOT_RUN.match(lines[start - 1])
        found.append(Block(page, start + 1, language, code, said["reason"] if said else None, None))
        last = end + 1
    return found


def _fences(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    start = None
    for number, line in enumerate(lines):
        fence = _FENCE.match(line)
        if fence is None:
            continue
        if start is None:
            start, language = number, fence["language"]
        else:
            yield start, number, language
            start = None
