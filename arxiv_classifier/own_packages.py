"""Checks that the packages of this program are its own, and not another distribution's of the same name."""

from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("domain", "application", "adapters", "entrypoints")
_PLACE = Path(__file__).resolve().parent.parent


def refuse_shadowed() -> None:
    """Raises ImportError, which names the remedy, unless each of the packages lies beside this one."""
    for name in PACKAGES:
        spec = find_spec(name)
        origin = spec.origin if spec is not None else None
        if origin is None or Path(origin).resolve().parent.parent != _PLACE:
            raise ImportError(
                f"arxiv-classifier needs its own package {name!r}, and Python finds {origin or 'another one'} instead. "
                "Uninstall what brought that, or install arxiv-classifier in an environment of its own, as "
                "`uv tool install` and `pipx install` do."
            )
