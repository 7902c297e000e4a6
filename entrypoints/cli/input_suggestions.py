"""Errors of `predict` for an INPUT that is no file of papers. They name the command to type in its place."""

import glob
import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from domain.address import is_address
from domain.errors import InvalidInputError
from entrypoints.registry import FORMAT_OF, KIND_OF_DATA, load

_LONGEST_SHOWN = 40
_LONGEST_PATTERN = 1000
_ARXIV_ID = re.compile(
    r"(?:arxiv:|(?:https?://)?(?:\w+\.)?arxiv\.org/(?:abs|pdf|html)/)?"
    r"(?P<id>(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(?:v\d+)?)(?:\.pdf)?",
    re.IGNORECASE,
)


def refuse_other_than_papers(source: str, input_format: str | None) -> None:
    """Raises InvalidInputError for a text, an arXiv identifier, a missing file and one of an unknown format."""
    if _is_pattern(source) or (is_address(source) and not _ARXIV_ID.fullmatch(source)):
        return
    try:
        # For a name that is too long for a file, such as an abstract, os.path returns False; Path raises.
        if not os.path.exists(source):
            raise InvalidInputError(_missing(source))
        if input_format is None and os.path.isfile(source) and _format_of(Path(source)) is None:
            raise InvalidInputError(_unknown_format(Path(source)))
    except OSError as error:
        raise InvalidInputError(f"{source} cannot be read: {error.strerror}.") from error


def refuse_text_without_quotes(words: Sequence[str]) -> None:
    """Raises UsageError with the quotes that are needed if the arguments are the words of a text."""
    if len(words) > 1 and is_text(words):
        raise click.UsageError(f"A text is given in quotes: {text_call(' '.join(words))}")


def is_text(words: Sequence[str]) -> bool:
    """Returns whether the arguments are the words of a text without quotes, so that none of them may be a file."""
    return not any(
        " " in word or os.path.exists(word) or _format_of(Path(word)) or is_address(word) or _is_pattern(word)
        for word in words
    )


def text_call(text: str) -> str:
    """Returns the command that predicts a text, which is shortened."""
    shown = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN].rsplit(' ', 1)[0]} ..."
    return f"arxiv-classifier predict --text {shlex.quote(shown)}"


def _is_pattern(source: str) -> bool:
    """Returns whether a name is a pattern that finds files."""
    return glob.has_magic(source) and len(source) < _LONGEST_PATTERN and bool(glob.glob(source, recursive=True))


def _missing(source: str) -> str:
    if not source.strip():
        return "INPUT is blank. Name a file, - for stdin, or give an abstract with --text."
    if found := _ARXIV_ID.fullmatch(source.strip()):
        return (
            f"{found['id']} is an arXiv identifier. To fetch the paper, type: arxiv-classifier predict --arxiv "
            f"{found['id']}"
        )
    if _format_of(Path(source)) is None and (" " in source.strip() or os.sep not in source):
        return f"There is no file of this name. To predict a text, type: {text_call(source)}"
    return f"There is no file {source}. Check its path."


def _unknown_format(path: Path) -> str:
    with path.open("rb") as file:
        kind = load(KIND_OF_DATA)(file.read(8192))
    formats = "Give --input-format jsonl, csv, tsv, xlsx or parquet."
    if kind is not None and path.suffix.lower() not in {".gz", ".zst", ".zip"}:
        return f"{path} is {kind[0]}, not JSON Lines, CSV or parquet. {kind[1]}"
    if path.suffix.lower() == ".txt":
        call = f'arxiv-classifier predict --text "$(cat {shlex.quote(str(path))})"'
        return f"{path} is of no known format. {formats} If it is one abstract, type: {call}"
    return f"{path} is of no known format. {formats}"


def _format_of(path: Path) -> str | None:
    found: str | None = load(FORMAT_OF)(path)
    return found
