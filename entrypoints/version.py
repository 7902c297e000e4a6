"""The version of this program, as its installed metadata have it."""

from functools import cache

NAME = "arxiv-classifier"


@cache
def program_version() -> str:
    """Returns the version of the installed distribution; "unknown" in a source tree that is not installed."""
    # 30 ms, which `--help` does not pay.
    from importlib import metadata

    try:
        return metadata.version(NAME)
    except metadata.PackageNotFoundError:
        return "unknown"
