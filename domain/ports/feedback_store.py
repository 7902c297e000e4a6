"""Port: where feedback is kept."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from domain.feedback import Feedback, StoredFeedback


class Kept(StrEnum):
    """What became of one feedback."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"


class FeedbackStore(Protocol):
    """Keeps the feedback of each prediction: the latest holds, and earlier ones stay as its history.

    Every method raises StorageUnavailableError where the store cannot be reached.
    """

    @abstractmethod
    def keep(self, given: Sequence[Feedback]) -> tuple[Kept, ...]:
        """Keeps all or none, and says what became of each; the same once more changes nothing."""

    @abstractmethod
    def latest(self) -> Iterator[StoredFeedback]:
        """The feedback that holds, one for each prediction, by when its first came."""
