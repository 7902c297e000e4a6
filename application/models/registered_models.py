"""A model store that also finds registered models."""

from collections.abc import Callable
from pathlib import Path

from typing_extensions import override

from domain.errors import CorruptModelError, IncompatibleModelError
from domain.model_bundle import ModelCard, StoredModel
from domain.ports.model_store import ModelStore
from domain.ports.registry import ModelRegistry
from domain.registered_model import PREFIX, RegistryReference


class RegisteredModels(ModelStore):
    """A store that also accepts `registry:NAME@ALIAS`, `registry:NAME/VERSION` and `registry:NAME` (the newest).

    The registry is created with the first such reference.
    """

    def __init__(self, store: ModelStore, registry: Callable[[], ModelRegistry]) -> None:
        self._store = store
        self._make = registry
        self._registry: ModelRegistry | None = None

    @override
    def save(self, card: ModelCard, write_weights: Callable[[Path], None]) -> StoredModel:
        return self._store.save(card, write_weights)

    @override
    def find(self, reference: str) -> StoredModel:
        if not reference.startswith(PREFIX):
            return self._store.find(reference)
        registry = self._its_registry()
        model = registry.find(RegistryReference.parse(reference))
        folder = registry.locate(model)
        try:
            return self._store.open(folder)
        except (CorruptModelError, IncompatibleModelError) as error:
            raise type(error)(f"{model.reference} cannot be used. {error}") from error

    @override
    def open(self, folder: Path) -> StoredModel:
        return self._store.open(folder)

    @override
    def locate(self, reference: str) -> Path:
        if not reference.startswith(PREFIX):
            return self._store.locate(reference)
        registry = self._its_registry()
        return registry.locate(registry.find(RegistryReference.parse(reference)))

    @override
    def locate_listed(self, name: str) -> Path:
        return self._store.locate_listed(name)

    @override
    def list(self) -> tuple[StoredModel, ...]:
        return self._store.list()

    def _its_registry(self) -> ModelRegistry:
        if self._registry is None:
            self._registry = self._make()
        return self._registry
