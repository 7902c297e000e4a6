"""The record of a prediction in the prediction log."""

import hashlib
from dataclasses import dataclass

from domain.abstract import Abstract
from domain.experiment import Assignment
from domain.label import Label
from domain.prediction import CategoryScore


@dataclass(frozen=True, slots=True)
class LoggedPrediction:
    """One prediction of one paper.

    `time` is ISO 8601 in UTC. `paper` is the paper's `paper_hash`. `abstract` is present only if the log keeps texts.
    `labels` are the categories at or above the model's thresholds, or the most probable category if none is. `top`
    holds the five most probable categories.
    `milliseconds` is the time that the model took for the paper.
    """

    time: str
    prediction_id: str
    paper: str
    variant: str | None
    assignment: Assignment
    model: str
    labels: tuple[CategoryScore, ...]
    top: tuple[CategoryScore, ...]
    milliseconds: float
    abstract: Abstract | None = None

    @property
    def categories(self) -> frozenset[Label]:
        """The predicted categories."""
        return frozenset(score.category for score in self.labels)

    @property
    def first(self) -> Label | None:
        """The most probable category."""
        return self.top[0].category if self.top else None


def prediction_id(request_id: str, index: int) -> str:
    """Returns the identifier of the prediction for item `index` (from 0) of a request."""
    return f"{request_id}:{index}"


def paper_hash(abstract: Abstract) -> str:
    """Returns the SHA-256 (hex) of the abstract, or of title, line feed and abstract if there is a title."""
    text = f"{abstract.title}\n{abstract.text}" if abstract.title else abstract.text
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
