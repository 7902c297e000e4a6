"""What is remembered of a prediction that was given."""

import hashlib
from dataclasses import dataclass

from domain.abstract import Abstract
from domain.experiment import Assignment
from domain.label import Label
from domain.prediction import CategoryScore


@dataclass(frozen=True, slots=True)
class LoggedPrediction:
    """One prediction of one paper, by what it is compared with others.

    `time` is ISO 8601 in UTC. `paper` is `paper_hash` of the paper, whose words are in `abstract` only where a log
    keeps them. `labels` are the categories at or above the model's own thresholds, or the most probable one where none
    is; `top` the five most probable. `milliseconds` is the time that the model took for the paper.
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
        """The categories given."""
        return frozenset(score.category for score in self.labels)

    @property
    def first(self) -> Label | None:
        """The most probable category."""
        return self.top[0].category if self.top else None


def prediction_id(request_id: str, index: int) -> str:
    """What the prediction for the item `index`, from 0, of a request is called."""
    return f"{request_id}:{index}"


def paper_hash(abstract: Abstract) -> str:
    """SHA-256 (hex) of the abstract, or of title, line end and abstract where there is a title."""
    text = f"{abstract.title}\n{abstract.text}" if abstract.title else abstract.text
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
