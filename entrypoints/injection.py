"""dependency-injector, imported without the optional integrations it looks for.

Its modules try to import pydantic-settings, FastAPI, Starlette and Werkzeug and do without where they are absent.
Nothing here uses them, and pydantic-settings alone makes 0.04 s into 0.30 s, so they look absent during this import.
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
        # A stand-in, because the import falls back to pydantic itself when this one fails.
        hidden["pydantic_settings"] = ModuleType("pydantic_settings")
        vars(hidden["pydantic_settings"])["BaseSettings"] = type("BaseSettings", (), {})
    sys.modules.update(hidden)  # type: ignore[arg-type]  # None is how the import system spells "not there"
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _without_integrations():
    from dependency_injector import containers, providers
