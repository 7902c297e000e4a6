"""What all requests of a process share: settings, models, keys, counters."""

from dataclasses import dataclass
from functools import cache

from application.find_similar import FindSimilar
from domain.model_bundle import StoredModel
from domain.ports.embedder import Embedder
from entrypoints.container import Container, container_of
from entrypoints.rest.access import ApiKeys, Throttle
from entrypoints.rest.options import ApiOptions, api_options
from entrypoints.rest.requests import Limits
from entrypoints.rest.serving import ModelService
from entrypoints.settings import Settings, load_settings


@dataclass(slots=True)
class State:
    """Made once, in the process that the workers are forked from."""

    settings: Settings
    options: ApiOptions
    container: Container
    models: ModelService
    keys: ApiKeys
    throttle: Throttle
    _similar: FindSimilar | None = None
    _embedder: tuple[StoredModel, Embedder] | None = None

    @property
    def limits(self) -> Limits:
        """What one request may hold."""
        return Limits(self.options.max_abstracts, self.settings.max_characters)

    @property
    def similar(self) -> FindSimilar | None:
        """What finds similar papers, opened at first use; None where no index is configured."""
        if self._similar is None and self.options.index:
            from pathlib import Path

            self._similar = self.container.find_similar(Path(self.options.index), None)
        return self._similar

    @property
    def embedder(self) -> tuple[StoredModel, Embedder] | None:
        """What gives vectors and the model that it is of, opened at first use; None where none is configured."""
        if self._embedder is None and self.options.encoder:
            self._embedder = self.container.embedder(self.options.encoder)
        return self._embedder


@cache
def state() -> State:
    """The state of this process."""
    settings = load_settings()
    options = api_options(settings.api)
    container = container_of(settings)
    requests, seconds = options.requests_and_seconds
    models = ModelService(container, settings.model_reference, most=options.max_models)
    return State(settings, options, container, models, ApiKeys(options), Throttle(requests, seconds or 1))
