"""The words of docstrings, comments, messages and pages."""

import ast
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
_FILES = [*sources(PROJECT), *PAGES]
_OTHER_CODE = sources(PROJECT, "arxiv_classifier", "tests", "scripts", "benchmarks")


def riddles(text: str) -> list[str]:
    """Returns the phrases of a text that a reader would have to read twice."""
    return [found[0] for found in _RIDDLE.finditer(text)]


def test_modules_and_pages_have_no_riddles() -> None:
    """Docstrings, comments, messages and pages use plain words."""
    found = [(str(path.relative_to(PROJECT)), phrase) for path in _FILES for phrase in riddles(path.read_text("utf-8"))]
    assert not found, f"{found} should be written in the words of _RIDDLES"


def docstrings(code: str) -> str:
    """Returns all docstrings of a module, a line each."""
    nodes = ast.walk(ast.parse(code))
    documented = (node for node in nodes if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef))
    return "\n".join(" ".join((ast.get_docstring(node) or "").split()) for node in documented)


def test_docstrings_of_tests_and_scripts_have_no_riddles() -> None:
    """Docstrings of tests, scripts and benchmarks use plain words. Their data may be any text."""
    codes = ((str(path.relative_to(PROJECT)), path.read_text("utf-8")) for path in _OTHER_CODE)
    found = [(name, phrase) for name, code in codes for phrase in riddles(docstrings(code))]
    assert not found, f"{found} should be written in the words of _RIDDLES"


def test_finds_riddles_in_docstrings() -> None:
    """A docstring's riddle is found across its lines, and other strings are not read."""
    code = 'x = "nobody"\nclass A:\n    def f():\n        """None\n        where it ends."""\n'
    assert riddles(docstrings(code)) == ["None where"]


def test_finds_riddles() -> None:
    """A riddle is found at the start of a sentence and inside one, and not as a part of another word."""
    assert riddles("Nobody reads a bodywork. None where nobody asks.") == ["Nobody", "None where", "nobody"]
    assert riddles("There are none where the list ends.") == []
