"""The versions of the libraries a model is trained with."""

import platform
import re
from functools import cache

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PROJECT = "arxiv-classifier"


def library_versions() -> dict[str, str]:
    """Returns the versions of Python, of this program, and of every installed library in its requirements."""
    return dict(_versions())


@cache  # a tenth of a second, and a sweep saves a model for each trial
def _versions() -> tuple[tuple[str, str], ...]:
    from importlib import metadata  # 30 ms, and only training needs it

    try:
        requirements = metadata.requires(_PROJECT) or []
    except metadata.PackageNotFoundError:  # a source tree that was never installed
        requirements = []
    names = {match.group() for text in requirements if (match := _NAME.match(text))} | {_PROJECT}
    versions = {"python": platform.python_version()}
    for name in sorted(names):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return tuple(versions.items())
