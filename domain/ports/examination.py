"""Port: what looks at one part of the program's surroundings."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Protocol

from domain.diagnosis import Finding


class Examination(Protocol):
    """Looks at one subject and changes nothing."""

    @abstractmethod
    def examine(self) -> Iterable[Finding]:
        """Returns what was found. May raise ArxivClassifierError or OSError, which is a finding itself."""
