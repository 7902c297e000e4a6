"""A file of papers, on this machine or at an address."""

from typing import Protocol


class PaperFile(Protocol):
    """A file that readers of papers open. Its text is its path or its address."""

    @property
    def name(self) -> str:
        """The last part of its path."""

    @property
    def suffix(self) -> str:
        """The last suffix, or an empty text."""

    @property
    def suffixes(self) -> list[str]:
        """The suffixes of its name."""
