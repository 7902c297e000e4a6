"""Port: where a data set's papers are written, one place per split."""

from abc import abstractmethod
from typing import Protocol

from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Split


class PaperWriter(Protocol):
    """Writes papers so that a reader sees all of them or none."""

    @abstractmethod
    def begin(self) -> None:
        """Makes ready to write; called once, before the first paper."""

    @abstractmethod
    def add(self, split: Split, paper: LabelledAbstract) -> None:
        """Adds one paper to a split, in the order given."""

    @abstractmethod
    def finish(self) -> None:
        """Makes every split appear; called once, after the last paper."""

    @abstractmethod
    def discard(self) -> None:
        """Leaves nothing of what was begun; called where anything failed in `begin` or after, up to `finish`."""
