"""dependency-injector, imported without its optional integrations.

Its modules try to import pydantic-settings, FastAPI, Starlette and Werkzeug. This program uses none of them, and
pydantic-settings alone raises the import from 0.04 s to 0.30 s, so they are hidden during the import.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

__all__ = ["containers", "providers"]

_OPTIONAL = ("fast_depends", "fastapi", "starlette", "werkzeug")


@contextmanager
def _without_integrations() -> Iterator[None]:
    hidden: dict[str, ModuleType | None] = {name: None for name in _OPTIONAL if name not in sys.modules}
    if "pydantic_settings" not in sys.modules:
        # A stand-in: if this import fails, the library imports pydantic itself.
        hidden["pydantic_settings"] = ModuleType("pydantic_settings")
        vars(hidden["pydantic_settings"])["BaseSettings"] = type("BaseSettings", (), {})
    sys.modules.update(hidden)  # type: ignore[arg-type]  # None makes the import fail
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _without_integrations():
    from dependency_injector import containers, providers
