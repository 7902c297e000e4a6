"""Modules that tests import at their first use, so that collecting all tests takes no library's seconds."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest


class _Lazily:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith(("_", "pytest")):  # pytest looks for its own names in whatever a test module holds
            raise AttributeError(attribute)
        return getattr(import_module(self._name), attribute)


def lazily(name: str) -> Any:
    """The module of a name, which is imported once something public in it is used."""
    return _Lazily(name)


def skip_without(*packages: str) -> None:
    """Skips the module that calls this at its top where a package is not installed; imports none of them."""
    for package in packages:
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed", allow_module_level=True)
