"""The true categories of predicted papers, as users report them."""

from dataclasses import dataclass

from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.label import Label


@dataclass(frozen=True, slots=True)
class Feedback:
    """The true categories of a predicted paper, optionally with its abstract and the source of the feedback."""

    prediction_id: str
    labels: tuple[Label, ...]
    abstract: Abstract | None = None
    source: str = ""

    def __post_init__(self) -> None:
        if not self.labels:
            raise InvalidInputError("Feedback needs at least one category.")
        if len(set(self.labels)) != len(self.labels):
            raise InvalidInputError("Feedback names a category twice. Name each once.")


@dataclass(frozen=True, slots=True)
class StoredFeedback:
    """The latest feedback on a prediction, and the times (ISO 8601) of the latest and the first feedback."""

    feedback: Feedback
    received: str
    first_received: str
