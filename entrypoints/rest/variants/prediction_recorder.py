"""Records predictions in metrics and log, in a thread of its own."""

import itertools
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from application.predictions.selection import Selection
from domain.abstract import Abstract
from domain.errors import StorageUnavailableError
from domain.experiment import Assignment
from domain.log_events import log_event
from domain.logged_prediction import LoggedPrediction, paper_hash, prediction_id
from domain.model_bundle import StoredModel
from domain.ports.prediction_log import PredictionLog
from domain.prediction import CategoryScore, PredictionBatch
from entrypoints.rest.http.background_tasks import BackgroundTasks
from entrypoints.rest.variants import metrics

_logger = logging.getLogger(__name__)
_TOP = 5
_WAITING = 1024


@dataclass(frozen=True, slots=True)
class ModelPredictions:
    """Predictions that a model made at once. `indices` are the positions of their items in the request."""

    request_id: str
    variant: str | None
    assignment: Assignment
    stored: StoredModel
    indices: Sequence[int]
    abstracts: Sequence[Abstract]
    batch: PredictionBatch
    seconds: float
    time: float


class PredictionRecorder:
    """Records predictions in metrics and, if there is one, the prediction log.

    If the log cannot be written, its lines are lost and requests go on. The first failure and the recovery are logged.
    """

    def __init__(self, log: PredictionLog | None) -> None:
        self._log = log
        self._failing = False
        self._tasks: BackgroundTasks[ModelPredictions] = BackgroundTasks("predictions", self._write, most=_WAITING)

    @property
    def logs(self) -> bool:
        """Whether there is a prediction log."""
        return self._log is not None

    def record(self, made: ModelPredictions) -> None:
        """Queues predictions for recording, without waiting."""
        if not self._tasks.submit(made) and self._log is not None:
            metrics.UNLOGGED.inc(len(made.abstracts))

    def close(self, seconds: float) -> None:
        """Writes the waiting predictions, for `seconds` at most."""
        self._tasks.close(seconds, finish=True)
        if self._log is not None:
            self._log.close()

    def _write(self, made: ModelPredictions) -> None:
        try:
            labels = _labels(made)
            if made.variant is not None:
                _count(made, labels)
            if self._log is not None:
                self._log.add(_logged(made, labels))
                self._note_state(None)
        except StorageUnavailableError as error:
            metrics.UNLOGGED.inc(len(made.abstracts))
            self._note_state(error)
        except Exception as error:  # the edge of a thread: after any error, the next predictions are recorded
            metrics.UNLOGGED.inc(len(made.abstracts))
            log_event(_logger, "prediction_not_noted", level=logging.ERROR, exception=error, request_id=made.request_id)

    def _note_state(self, error: StorageUnavailableError | None) -> None:
        """Logs that the prediction log begins to fail, or that it can be written again."""
        if error is not None and not self._failing:
            log_event(_logger, "prediction_log_failed", level=logging.ERROR, reason=str(error))
        elif error is None and self._failing:
            log_event(_logger, "prediction_log_recovered")
        self._failing = error is not None


def _labels(made: ModelPredictions) -> list[tuple[CategoryScore, ...]]:
    """Returns the labels by the model's own thresholds, whatever the request asked for, to compare variants fairly."""
    chosen = Selection(made.stored.card.thresholds).chosen(made.batch)
    categories, columns = chosen.taxonomy.categories, chosen.columns.tolist()
    probabilities, ends = chosen.probabilities.tolist(), chosen.offsets.tolist()
    scores = [CategoryScore(categories[column], p) for column, p in zip(columns, probabilities, strict=True)]
    return [tuple(scores[start:end]) for start, end in itertools.pairwise(ends)]


def _count(made: ModelPredictions, labels: Sequence[tuple[CategoryScore, ...]]) -> None:
    observed = metrics.SECONDS.labels(made.variant)
    for row in labels:
        observed.observe(made.seconds / len(made.abstracts))
        for score in row:
            metrics.CATEGORIES.labels(made.variant, score.category.identifier).inc()


def _logged(made: ModelPredictions, labels: Sequence[tuple[CategoryScore, ...]]) -> list[LoggedPrediction]:
    when = datetime.fromtimestamp(made.time, UTC).isoformat(timespec="milliseconds")
    rows = zip(made.indices, made.abstracts, labels, _tops(made.batch), strict=True)
    return [
        LoggedPrediction(
            time=when,
            prediction_id=prediction_id(made.request_id, index),
            paper=paper_hash(abstract),
            variant=made.variant,
            assignment=made.assignment,
            model=made.stored.name,
            labels=row,
            top=top,
            milliseconds=made.seconds * 1000 / len(made.abstracts),
            abstract=abstract,
        )
        for index, abstract, row, top in rows
    ]


def _tops(batch: PredictionBatch) -> list[tuple[CategoryScore, ...]]:
    probabilities = np.asarray(batch.probabilities)
    categories = batch.taxonomy.categories
    leaders = np.argsort(-probabilities, axis=1, kind="stable")[:, :_TOP]
    found = np.take_along_axis(probabilities, leaders, axis=1).tolist()
    return [
        tuple(CategoryScore(categories[column], p) for column, p in zip(columns, row, strict=True))
        for columns, row in zip(leaders.tolist(), found, strict=True)
    ]


def now() -> float:
    """Returns the seconds since 1970."""
    return time.time()
