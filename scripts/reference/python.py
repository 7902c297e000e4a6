"""The reference of the Python interface, from the docstrings of what it offers."""

import inspect
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from scripts.reference.markdown import sentences

PACKAGE = "arxiv_classifier"
_ABSENT = "The package offers its command line and its REST API. An importable interface is in preparation."


def interface() -> str:
    """Each public name of the package with its signature and docstring."""
    if find_spec(PACKAGE) is None:
        return _ABSENT
    package = import_module(PACKAGE)
    return "\n\n".join([sentences(package.__doc__), *(_entry(package, name) for name in public_names(package))])


def public_names(package: ModuleType) -> list[str]:
    """Returns the public names of the package."""
    return list(package.__all__)


def _entry(package: ModuleType, name: str) -> str:
    thing = getattr(package, name)
    parts = [f"## {name}", _signature(name, thing), _text(thing)]
    return "\n\n".join([*parts, *(_member(name, member, of) for member, of in _members(thing))])


def _member(owner: str, name: str, thing: object) -> str:
    return "\n\n".join([f"### {owner}.{name}", _signature(f"{owner}.{name}", thing), _text(thing)])


def _members(thing: object) -> list[tuple[str, object]]:
    """The public methods and properties that a class itself defines, with docstrings."""
    if not inspect.isclass(thing):
        return []
    return [(name, of) for name, of in vars(thing).items() if not name.startswith("_") and inspect.getdoc(of)]


def _signature(name: str, thing: object) -> str:
    of = thing.__func__ if isinstance(thing, classmethod | staticmethod) else thing
    try:
        text = str(inspect.signature(of)) if callable(of) else ""
    except ValueError:
        text = ""
    return f"```text\n{name}{text}\n```"


def _text(thing: object) -> str:
    """A docstring as it stands: indented lines in it are code."""
    return inspect.getdoc(thing) or ""
