"""What long work calls between its parts, so that its caller may stop it."""

from collections.abc import Callable

Checkpoint = Callable[[], None]
"""Called in the caller's thread. It may raise to stop the work; its error comes out as it is."""


def go_on() -> None:
    """The checkpoint that never stops the work."""
