"""Copies of requests for models that answer none."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from domain.abstract import Abstract
from domain.experiment import Assignment, Variant
from domain.log_events import log_event
from entrypoints.rest.http.active_requests import ActiveRequests
from entrypoints.rest.http.background_tasks import BackgroundTasks
from entrypoints.rest.models.served_models import ModelService
from entrypoints.rest.variants import metrics
from entrypoints.rest.variants.prediction_recorder import ModelPredictions, PredictionRecorder, now

_logger = logging.getLogger(__name__)
_SAY_AGAIN_AFTER = 60.0
_PATIENCE = 0.5


@dataclass(frozen=True, slots=True)
class ShadowCopy:
    """Some items of a request that a shadow predicts too."""

    variant: Variant
    request_id: str
    indices: Sequence[int]
    abstracts: Sequence[Abstract]


class Shadows:
    """Predicts copies one after another, in a thread of its own. No request waits for it.

    It begins with a paper when no request is active, or after half a second, because both need the processors. When
    the queue is full, further copies are dropped and counted. Failures are counted and logged, the same failure once a
    minute.
    """

    def __init__(self, models: ModelService, recorder: PredictionRecorder, *, most: int) -> None:
        self.active = ActiveRequests()
        self._models = models
        self._recorder = recorder
        self._said: dict[str, tuple[str, float]] = {}
        self._work: BackgroundTasks[ShadowCopy] = BackgroundTasks("shadows", self._handle, most=most)

    def submit(self, copy: ShadowCopy) -> None:
        """Queues a copy, or drops it if the queue is full."""
        if not self._work.submit(copy):
            metrics.DROPPED.labels(copy.variant.name).inc()

    def close(self, seconds: float) -> None:
        """Ends after the current copy, and drops those that wait."""
        self._work.close(seconds, finish=False)

    def _handle(self, copy: ShadowCopy) -> None:
        name = copy.variant.name
        try:
            served = self._models.variant(copy.variant.model)
            stored = served.model.stored
            for index, abstract in zip(copy.indices, copy.abstracts, strict=True):
                self.active.wait(_PATIENCE)
                started, when = time.perf_counter(), now()
                batch = served.model.classifier.predict([abstract])
                seconds = time.perf_counter() - started
                self._recorder.record(
                    ModelPredictions(
                        copy.request_id, name, Assignment.SHADOW, stored, [index], [abstract], batch, seconds, when
                    )
                )
            metrics.REQUESTS.labels(name, stored.card.kind, stored.version, Assignment.SHADOW.value).inc()
        except Exception as error:  # the edge of a thread: a shadow may fail in any way, and the next copy is tried
            metrics.FAILED.labels(name).inc()
            self._say(copy, error)

    def _say(self, copy: ShadowCopy, error: Exception) -> None:
        text, said = self._said.get(copy.variant.name, ("", 0.0))
        if text != str(error) or time.monotonic() - said > _SAY_AGAIN_AFTER:
            self._said[copy.variant.name] = str(error), time.monotonic()
            log_event(
                _logger,
                "shadow_failed",
                level=logging.ERROR,
                exception=error,
                variant=copy.variant.name,
                request_id=copy.request_id,
            )
