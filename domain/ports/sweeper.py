"""Port: what chooses the parameters of a sweep's trials and remembers how they did."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.sweep import TrialRecord

# The file in a sweep's folder that says which sweep's it is.
CLAIM = "sweep.json"


class Trial(Protocol):
    """One set of parameters to be tried, by this process alone; ended by exactly one of its last four methods."""

    @property
    @abstractmethod
    def number(self) -> int:
        """From 0, and of no other trial of the sweep."""

    @property
    @abstractmethod
    def origin(self) -> int:
        """The number of the trial that this one takes up again after its process died, or else its own."""

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, object]:
        """Its parameters by name."""

    @property
    @abstractmethod
    def epochs(self) -> Mapping[int, float]:
        """What earlier processes reported of it, by epoch."""

    @abstractmethod
    def report(self, metrics: Mapping[str, float], *, epoch: int) -> None:
        """Records an epoch; raises TrialPruned where the trial is not worth going on with."""

    @abstractmethod
    def complete(self, score: float) -> None:
        """Ends it with its score."""

    @abstractmethod
    def prune(self) -> None:
        """Ends it as not worth going on with."""

    @abstractmethod
    def fail(self, reason: str) -> None:
        """Ends it as failed."""

    @abstractmethod
    def give_back(self) -> None:
        """Leaves it to be run again, by whichever process asks next."""


class Sweeper(Protocol):
    """Hands out trials, never one to two processes, and takes up again those whose process died.

    Raises SweepStorageError where what it remembers with does not answer.
    """

    @abstractmethod
    def next_trial(self) -> Trial | None:
        """A trial to run now; None where there is none, or none before others that run have ended."""

    @abstractmethod
    def is_over(self) -> bool:
        """Whether no trial will be handed out any more."""

    @abstractmethod
    def records(self) -> Sequence[TrialRecord]:
        """Every trial by number, without those that were taken up again."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of files and connections."""
