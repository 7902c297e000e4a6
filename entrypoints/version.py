"""The version of this program, from its installed metadata."""

from functools import cache

NAME = "arxiv-classifier"


@cache
def program_version() -> str:
    """Returns the version of the installed distribution, or "unknown" in a source tree that is not installed."""
    # The import takes 30 ms, which `--help` avoids.
    from importlib import metadata

    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return "unknown"
