"""Ports: a sweeper, which chooses the parameters of trials and records their results."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Protocol

from domain.sweep import TrialRecord

# The file that names the sweep to which a folder belongs.
CLAIM = "sweep.json"


class Trial(Protocol):
    """One set of parameters that only this process tries. Exactly one of its last four methods ends it."""

    @property
    @abstractmethod
    def number(self) -> int:
        """The trial's unique number in the sweep, from 0."""

    @property
    @abstractmethod
    def origin(self) -> int:
        """The number of the trial that this one continues after its process died, else its own number."""

    @property
    @abstractmethod
    def parameters(self) -> Mapping[str, object]:
        """The parameters by name."""

    @property
    @abstractmethod
    def epochs(self) -> Mapping[int, float]:
        """The metric that earlier processes reported, by epoch."""

    @abstractmethod
    def report(self, metrics: Mapping[str, float], *, epoch: int) -> None:
        """Records an epoch. Raises TrialPruned if the trial should stop."""

    @abstractmethod
    def complete(self, score: float) -> None:
        """Ends the trial with its score."""

    @abstractmethod
    def prune(self) -> None:
        """Ends the trial as pruned."""

    @abstractmethod
    def fail(self, reason: str) -> None:
        """Ends the trial as failed."""

    @abstractmethod
    def give_back(self) -> None:
        """Returns the trial to the queue, so that any process can run it again."""


class Sweeper(Protocol):
    """Hands out each trial to one process, and hands out again the trials whose process died.

    Methods raise SweepStorageError if the storage does not respond.
    """

    @abstractmethod
    def next_trial(self) -> Trial | None:
        """Returns a trial to run now, or None if there is none, or none before running trials have ended."""

    @abstractmethod
    def is_over(self) -> bool:
        """Returns whether all trials have been handed out."""

    @abstractmethod
    def records(self) -> Sequence[TrialRecord]:
        """Returns every trial by number, without those that were continued under another number."""

    @abstractmethod
    def close(self) -> None:
        """Closes files and connections."""
