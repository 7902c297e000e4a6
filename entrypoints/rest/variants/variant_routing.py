"""Chooses the variant that answers a request, and passes its predictions to log, metrics and shadows."""

import contextlib
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.core.signals import request_finished
from django.http import HttpRequest

from domain.abstract import Abstract
from domain.errors import ArxivClassifierError
from domain.experiment import Assignment, Experiment, Variant
from domain.log_events import log_event
from domain.prediction import PredictionBatch
from entrypoints.rest.http.client_identity import client_of, key_of
from entrypoints.rest.http.problems import FieldError, invalid
from entrypoints.rest.models.reloading_model import ServedModel
from entrypoints.rest.models.served_models import ModelService
from entrypoints.rest.requests import Item
from entrypoints.rest.variants import metrics
from entrypoints.rest.variants.prediction_recorder import ModelPredictions, PredictionRecorder, now
from entrypoints.rest.variants.shadows import ShadowCopy, Shadows

FORCE = "X-Model-Variant"
KEY = "X-Request-Key"
_logger = logging.getLogger(__name__)
_LAST_WORDS = 5.0  # seconds for which a stop waits for the rest of the log


class RoutedRequest:
    """One request: the model and the variant that answer it, and the recording of its predictions."""

    def __init__(
        self,
        routing: "VariantRouting",
        request_id: str,
        served: ServedModel,
        variant: Variant | None,
        assignment: Assignment,
    ) -> None:
        self._routing = routing
        self._request_id = request_id
        self._position = 0
        self.served = served
        self.variant = variant
        self.assignment = assignment

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer."""
        return {FORCE: self.variant.name} if self.variant else {}

    @property
    def log_fields(self) -> dict[str, object]:
        """The fields of the request's log line."""
        return {"variant": self.variant.name, "assignment": self.assignment.value} if self.variant else {}

    def recorder(self, items: Sequence[Item]) -> Callable[[Sequence[Abstract], PredictionBatch, float], None]:
        """Returns the function that records the predictions of the next items, of which only valid ones have any."""
        start, self._position = self._position, self._position + len(items)
        return partial(self._record, [start + at for at, item in enumerate(items) if item.abstract is not None])

    def _record(
        self, indices: Sequence[int], abstracts: Sequence[Abstract], batch: PredictionBatch, seconds: float
    ) -> None:
        """Queues predictions for log and metrics, and copies of the abstracts for shadows, without waiting."""
        name, stored = self.variant.name if self.variant else None, self.served.model.stored
        self._routing.recorder.record(
            ModelPredictions(self._request_id, name, self.assignment, stored, indices, abstracts, batch, seconds, now())
        )
        if self.assignment in (Assignment.WEIGHTED, Assignment.FALLBACK):
            for shadow in self._routing.shadows_of(self._request_id):
                self._routing.shadows.submit(ShadowCopy(shadow, self._request_id, indices, abstracts))


class VariantRouting:
    """Gives each request its variant. It exists only if there are variants or a prediction log."""

    def __init__(
        self,
        experiment: Experiment | None,
        models: ModelService,
        recorder: PredictionRecorder,
        *,
        keys: bool,
        proxies: int,
        shadow_queue: int,
    ) -> None:
        self._experiment = experiment
        self._models = models
        self._keys = keys
        self._proxies = proxies
        self.recorder = recorder
        self.shadows = Shadows(models, recorder, most=shadow_queue)
        self._active = self.shadows.active if experiment and experiment.shadows else None
        if self._active is not None:
            request_finished.connect(self._active.end)

    @property
    def variants(self) -> tuple[Variant, ...]:
        """All variants."""
        return self._experiment.variants if self._experiment else ()

    def route(self, request: HttpRequest, model: str | None) -> RoutedRequest | None:
        """Returns the route of a request for predictions; None if the request names a model itself.

        Raises ProblemError if it names an unknown variant.
        """
        if self._active is not None:
            self._active.begin()
        forced = self._forced(request, model)
        request_id = getattr(request, "request_id", "")
        if self._experiment is None or model is not None:
            return None
        variant = forced or self._experiment.assign(self._key(request) or request_id)
        assignment = Assignment.FORCED if forced else Assignment.WEIGHTED
        served, variant, assignment = self._loaded(variant, assignment)
        stored = served.model.stored
        metrics.REQUESTS.labels(variant.name, stored.card.kind, stored.version, assignment.value).inc()
        return RoutedRequest(self, request_id, served, variant, assignment)

    def route_outside(self, request: HttpRequest, served: ServedModel) -> RoutedRequest | None:
        """Returns the route of a request outside the experiment, which only a prediction log records."""
        if not self.recorder.logs:
            return None
        return RoutedRequest(self, getattr(request, "request_id", ""), served, None, Assignment.NONE)

    def shadows_of(self, request_id: str) -> list[Variant]:
        """Returns the shadows that get a copy of a request."""
        if self._experiment is None:
            return []
        return [shadow for shadow in self._experiment.shadows if self._experiment.copies(shadow, request_id)]

    def load(self) -> None:
        """Loads every variant's model now. A failure is logged, and the model is tried again when it is needed.

        Variants of the same model are logged too, because comparing them is pointless.
        """
        alike: defaultdict[str, list[str]] = defaultdict(list)
        for variant in self.variants:
            try:
                stored = self._models.variant(variant.model).model.stored
            except ArxivClassifierError as error:
                log_event(_logger, "variant_not_loaded", level=logging.ERROR, variant=variant.name, reason=str(error))
                continue
            alike[stored.digest].append(variant.name)
            if len(alike[stored.digest]) > 1:
                log_event(
                    _logger, "variants_alike", level=logging.WARNING, variants=alike[stored.digest], model=stored.name
                )

    def close(self) -> None:
        """Drops waiting copies, and writes the rest of the log."""
        self.shadows.close(_LAST_WORDS)
        self.recorder.close(_LAST_WORDS)

    def _forced(self, request: HttpRequest, model: str | None) -> Variant | None:
        name = request.headers.get(FORCE)
        if name is None or self._experiment is None:
            return None
        if model is not None:
            raise invalid([FieldError("model", f"The header {FORCE} names a variant. Send one of the two.")])
        variant = self._experiment.named(name)
        if variant is None:
            known = ", ".join(each.name for each in self._experiment.open)
            raise invalid([FieldError(FORCE, f"No variant {name[:64]!r} answers requests. Those that do: {known}.")])
        return variant

    def _loaded(self, variant: Variant, assignment: Assignment) -> tuple[ServedModel, Variant, Assignment]:
        """Returns the variant's model, or else that of the heaviest variant that can be loaded."""
        try:
            return self._models.variant(variant.model), variant, assignment
        except ArxivClassifierError:
            for other in self._experiment.answering if self._experiment else ():
                with contextlib.suppress(ArxivClassifierError):
                    return self._models.variant(other.model), other, Assignment.FALLBACK
            raise

    def _key(self, request: HttpRequest) -> str:
        """Returns the key of a request, which fixes its variant: its header, the API key, or the client's address."""
        given: Any = request.headers.get(KEY)
        return given or (self._keys and key_of(request)) or client_of(request, proxies=self._proxies)
