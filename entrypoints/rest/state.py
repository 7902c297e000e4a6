"""The state that all requests of a process share: settings, models, keys, counters."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from application.find_similar import FindSimilar
from domain.experiment import Experiment
from domain.model_bundle import StoredModel
from domain.month import latest_day
from domain.ports.embedder import Embedder
from domain.ports.feedback_store import FeedbackStore
from entrypoints.container import Container, container_of
from entrypoints.rest.configuration import configuration
from entrypoints.rest.feedback_labels import KnownLabels
from entrypoints.rest.fields import Limits
from entrypoints.rest.http.access import ApiKeys, Throttle
from entrypoints.rest.http.request_work import WorkLimits
from entrypoints.rest.models.served_models import ModelService
from entrypoints.rest.options import ApiOptions, requests_and_seconds
from entrypoints.rest.variants.prediction_recorder import PredictionRecorder
from entrypoints.rest.variants.variant_routing import VariantRouting
from entrypoints.served_kind import required_kind
from entrypoints.settings import Settings


@dataclass(slots=True)
class State:
    """The shared state, made once in the parent process of the workers."""

    settings: Settings
    options: ApiOptions
    container: Container
    models: ModelService
    keys: ApiKeys
    throttle: Throttle
    public_throttle: Throttle
    work_limits: WorkLimits
    routing: VariantRouting | None = None
    _feedback: FeedbackStore | None = None
    _similar: FindSimilar | None = None
    _embedder: tuple[StoredModel, Embedder] | None = None

    @property
    def limits(self) -> Limits:
        """Returns the limits of one request."""
        today = self.container.clock()()
        return Limits(self.options.max_abstracts, self.settings.max_characters, latest_day(today))

    def feedback_labels(self, *, load: bool = True) -> KnownLabels:
        """Returns the labels that feedback may have. Without `load`, only loaded models are asked."""
        answering = self.models.answering() if load else self.models.loaded()
        store = self.container.model_store()
        return KnownLabels(
            [served.model.stored.card.taxonomy for served in answering],
            lambda: [stored.card.taxonomy for stored in store.list()],
        )

    @property
    def feedback(self) -> FeedbackStore | None:
        """The store of feedback; None if feedback is off."""
        if self._feedback is None and self.options.feedback:
            self._feedback = self.container.feedback_store()
        return self._feedback

    @property
    def similar(self) -> FindSimilar | None:
        """The search of similar papers, opened at first use; None if no index is configured."""
        if self._similar is None and self.options.index:
            self._similar = self.container.find_similar(Path(self.options.index), None)
        return self._similar

    @property
    def embedder(self) -> tuple[StoredModel, Embedder] | None:
        """The encoder of vectors and its model, opened at first use; None if none is configured."""
        if self._embedder is None and self.options.encoder:
            self._embedder = self.container.embedder(self.options.encoder)
        return self._embedder


@cache
def state() -> State:
    """Returns the state of this process."""
    settings, options = configuration().settings, configuration().options
    container = container_of(settings)
    plan = options.plan
    variants = [variant.model for variant in plan.variants] if plan else []
    models = ModelService(
        container,
        settings.model_reference,
        most=options.max_models,
        variants=variants,
        kind=required_kind(settings),
    )
    keys = ApiKeys(options)
    throttle, public = (Throttle(*requests_and_seconds(rate)) for rate in (options.rate, options.public_rate))
    routing = _routing(plan, options, models, container)
    work_limits = WorkLimits(
        quick=options.threads,
        long=options.max_long_requests,
        seconds=options.time_limit,
        explanations=options.max_explanations,
    )
    return State(settings, options, container, models, keys, throttle, public, work_limits, routing)


def _routing(
    plan: Experiment | None, options: ApiOptions, models: ModelService, container: Container
) -> VariantRouting | None:
    """Returns the routing of requests; None if neither variants nor a log are configured."""
    if plan is None and not options.prediction_log:
        return None
    log = None
    if options.prediction_log:
        log = container.prediction_log(
            Path(options.prediction_log),
            most_bytes=options.prediction_log_megabytes << 20,
            most_files=options.prediction_log_files,
            keep_text=options.prediction_log_text,
        )
    return VariantRouting(
        plan,
        models,
        PredictionRecorder(log),
        keys=bool(options.keys or options.keys_file),
        proxies=options.proxies,
        shadow_queue=options.shadow_queue,
    )
