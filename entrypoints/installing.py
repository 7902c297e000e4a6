"""The command that installs a missing package, in a clone or in an installed tool."""

import shlex
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from entrypoints import resources

_PROJECT = "arxiv-classifier"


def how_to_install(extra: str | None, package: str = "") -> str:
    """Returns a sentence with the command that installs an extra, or a package without an extra.

    In an environment inside a clone it names the extra. Elsewhere it names the packages and this interpreter, because
    the project itself may be on no index.
    """
    clone = _clone()
    if clone and extra:
        return (
            f"Run `uv sync --inexact --extra {extra}` in {clone}, or `pip install -e '.[{extra}]'` there where the "
            "environment was made with pip."
        )
    wanted = (extra and sorted(set(_missing(extra)))) or [package or f"{_PROJECT}[{extra}]"]
    installer = f"{_python()} -m pip install" if find_spec("pip") else f"uv pip install --python {_python()}"
    return f"Run: {installer} {shlex.join(wanted)}"


def _clone() -> Path | None:
    """Returns the checkout that this program runs from, if its environment is inside it."""
    root = resources.checkout()
    return root if root is not None and Path(sys.prefix).resolve().is_relative_to(root.resolve()) else None


def _missing(extra: str) -> Iterator[str]:
    """Yields the requirements of an extra that are not installed, for this system."""
    from importlib import metadata

    from packaging.requirements import Requirement

    try:
        texts = metadata.requires(_PROJECT) or []
    except metadata.PackageNotFoundError:  # a source tree that was never installed
        return
    for requirement in map(Requirement, texts):
        marker = requirement.marker
        if marker is None or marker.evaluate({"extra": ""}) or not marker.evaluate({"extra": extra}):
            continue
        try:
            metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
            yield f"{requirement.name}{extras}{requirement.specifier}"


def _python() -> str:
    return shlex.quote(sys.executable)
