"""Reads an adapter's options from mappings."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

from domain.errors import ConfigurationError
from domain.spelling import nearest

Options = TypeVar("Options")


def read_options(options_type: type[Options], values: Mapping[str, object], *, where: str) -> Options:
    """Returns an instance of a dataclass of options.

    Raises ConfigurationError for an unknown key, with the nearest known one, and passes on those that `__post_init__`
    raises for bad values.
    """
    known = {field.name for field in fields(options_type)}  # type: ignore[arg-type]  # every options type is a dataclass
    for key in values:
        if key not in known:
            raise ConfigurationError(unknown_key(key, known, where=where))
    return options_type(**values)


def unknown_key(key: str, known: set[str], *, where: str) -> str:
    """Returns a sentence about an unknown key, with the known key it resembles, or else all known keys."""
    near = nearest(str(key), known)
    hint = f"Did you mean {near!r}?" if near else f"Known are {', '.join(sorted(known))}."
    return f"{where} has no option {key!r}. {hint}"
