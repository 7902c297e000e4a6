"""What somebody who knows says of a prediction."""

from dataclasses import dataclass

from domain.abstract import Abstract
from domain.errors import InvalidInputError
from domain.label import Label


@dataclass(frozen=True, slots=True)
class Feedback:
    """The true categories of the paper of a prediction, with its words and who says so where that is known."""

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
    """The latest feedback of a prediction, with when it and the first one came (ISO 8601)."""

    feedback: Feedback
    received: str
    first_received: str
