"""Port: the output of a data set's papers, one file per split."""

from abc import abstractmethod
from typing import Protocol

from domain.labelled_abstract import LabelledAbstract
from domain.ports.dataset import Split


class PaperWriter(Protocol):
    """Writes papers. A reader sees all of them or none."""

    @abstractmethod
    def begin(self) -> None:
        """Prepares the output. Called once, before the first paper."""

    @abstractmethod
    def add(self, split: Split, paper: LabelledAbstract) -> None:
        """Adds one paper to a split, in the order given."""

    @abstractmethod
    def finish(self) -> None:
        """Publishes every split. Called once, after the last paper."""

    @abstractmethod
    def discard(self) -> None:
        """Removes everything written. Called if anything fails from `begin` up to `finish`."""
