"""Markdown of tables, for pages that are generated."""

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table with a line for each row."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell(text) for text in line) + " |" for line in lines)


def cell(text: str) -> str:
    """A text on one line, with bars and the beginnings of tags escaped outside of code."""
    parts = " ".join(text.split()).split("`")
    parts[::2] = [part.replace("<", "&lt;").replace("|", "\\|") for part in parts[::2]]
    return "`".join(parts)


def code(text: str) -> str:
    """A text as code; nothing for an empty one."""
    return f"`{text}`" if text else ""


def sentences(text: str | None) -> str:
    """A docstring's paragraphs, each on one line."""
    return "\n\n".join(cell(paragraph) for paragraph in (text or "").replace("\b", "").split("\n\n")).strip()
