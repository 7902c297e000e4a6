"""A callback with which a caller can stop long work."""

from collections.abc import Callable

Checkpoint = Callable[[], None]
"""Called between parts of the work, in the caller's thread. To stop the work it raises, and the error is passed on."""


def go_on() -> None:
    """Lets the work continue. This is the default checkpoint."""
