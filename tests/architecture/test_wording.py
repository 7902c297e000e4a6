"""The words of docstrings, comments, messages and pages."""

import re

from tests.architecture.documents import PAGES, PROJECT
from tests.architecture.sources import sources

# Phrases without a subject or a plain meaning, each with words that say it.
_RIDDLES = {
    "nobody": "no user, no request, or a positive statement",
    "somebody": "a user, another process",
    "whoever": "the user, the caller, all who",
    "None where": "None if, None when",
    "None for nothing": "None if there is none",
    "such as hold": "those that hold",
    "who asks": "the user, the client",
    "cannot be had": "cannot be loaded, cannot be fetched",
}
# A phrase may begin a sentence. None is Python's only with its capital.
_RIDDLE = re.compile("|".join(rf"\b[{each[0]}{each[0].upper()}]{re.escape(each[1:])}\b" for each in _RIDDLES))
_FILES = [*sources(PROJECT, "domain", "application", "adapters", "entrypoints"), *PAGES]


def riddles(text: str) -> list[str]:
    """Returns the phrases of a text that a reader would have to read twice."""
    return [found[0] for found in _RIDDLE.finditer(text)]


def test_modules_and_pages_have_no_riddles() -> None:
    """Docstrings, comments, messages and pages use plain words."""
    found = [(str(path.relative_to(PROJECT)), phrase) for path in _FILES for phrase in riddles(path.read_text("utf-8"))]
    assert not found, f"{found} should be written in the words of _RIDDLES"


def test_finds_riddles() -> None:
    """A riddle is found at the start of a sentence and inside one, and not as a part of another word."""
    assert riddles("Nobody reads a bodywork. None where nobody asks.") == ["Nobody", "None where", "nobody"]
    assert riddles("There are none where the list ends.") == []
