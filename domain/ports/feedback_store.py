"""Port: storage of feedback."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from domain.feedback import Feedback, StoredFeedback


class Kept(StrEnum):
    """The outcome of storing one feedback."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


class FeedbackStore(Protocol):
    """Keeps the latest feedback on each prediction, with the earlier ones as its history.

    Every method raises StorageUnavailableError if the store cannot be reached.
    """

    @abstractmethod
    def keep(self, given: Sequence[Feedback]) -> tuple[Kept, ...]:
        """Stores all or none and returns the outcome of each. Storing the same feedback again changes nothing."""

    @abstractmethod
    def latest(self) -> Iterator[StoredFeedback]:
        """Yields the latest feedback on each prediction, ordered by the time of its first feedback."""
