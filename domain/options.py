"""Reads an adapter's options from plain mappings, naming what is wrong."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TypeVar

from domain.errors import ConfigurationError
from domain.spelling import nearest

Options = TypeVar("Options")


def read_options(options_type: type[Options], values: Mapping[str, object], *, where: str) -> Options:
    """An instance of a dataclass of options; an unknown key is an error naming the nearest known one.

    The dataclass checks its values in `__post_init__` and raises ConfigurationError.
    """
    known = {field.name for field in fields(options_type)}  # type: ignore[arg-type]  # every options type is a dataclass
    for key in values:
        if key not in known:
            raise ConfigurationError(unknown_key(key, known, where=where))
    return options_type(**values)


def unknown_key(key: str, known: set[str], *, where: str) -> str:
    """The sentence for an unknown key, with the key it misspells or else all known ones."""
    near = nearest(str(key), known)
    hint = f"Did you mean {near!r}?" if near else f"Known are {', '.join(sorted(known))}."
    return f"{where} has no option {key!r}. {hint}"
