"""Checks that a registered model can be served."""

from collections.abc import Callable, Sequence

from domain.model_bundle import StoredModel
from domain.ports.model_store import ModelStore
from domain.ports.registry import ModelRegistry
from domain.registered_model import RegisteredModel


class CheckBundle:
    """Reads a registered model's bundle from its registry, with the bundles it needs, and checks every file's digest.

    `members_of` finds the stored models that a model needs, such as an ensemble's members.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        store: ModelStore,
        *,
        members_of: Callable[[StoredModel], Sequence[StoredModel]] = lambda stored: (),
    ) -> None:
        self._registry = registry
        self._store = store
        self._members_of = members_of

    def __call__(self, model: RegisteredModel) -> None:
        """Raises CorruptModelError, IncompatibleModelError or ModelNotFoundError if the model cannot be served."""
        self._registry.locate(model, anew=True)
        self._members_of(self._store.find(str(model.reference)))
