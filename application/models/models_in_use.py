"""A model store that knows the model in use, and the use case that chooses it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from typing_extensions import override

from domain.errors import CorruptModelError, IncompatibleModelError, ModelNotFoundError, RegistryUnavailableError
from domain.model_bundle import ModelCard, StoredModel
from domain.model_in_use import DEFAULT_MODEL, ModelInUse
from domain.ports.model_in_use import ModelInUseStore
from domain.ports.model_store import ModelStore
from domain.registered_model import PREFIX

_UNUSABLE = (ModelNotFoundError, CorruptModelError, IncompatibleModelError, RegistryUnavailableError)


class ModelsInUse(ModelStore):
    """A store in which `default`, and the bare kind of the model in use, mean the model in use.

    If none was chosen, `default` means the model of the kind `shipped`.
    """

    def __init__(self, store: ModelStore, in_use: ModelInUseStore, *, shipped: str) -> None:
        self._store = store
        self._in_use = in_use
        self._shipped = shipped

    @override
    def save(self, card: ModelCard, write_weights: Callable[[Path], None]) -> StoredModel:
        return self._store.save(card, write_weights)

    @override
    def find(self, reference: str) -> StoredModel:
        chosen = self._chosen(reference)
        if chosen is None:
            return self._store.find(self._shipped if reference == DEFAULT_MODEL else reference)
        with self._explained(chosen):
            found = self._store.find(chosen.reference)
        # An alias of a registry may have moved to a model of another kind.
        return found if reference in (DEFAULT_MODEL, found.card.kind) else self._store.find(reference)

    @override
    def open(self, folder: Path) -> StoredModel:
        return self._store.open(folder)

    @override
    def locate(self, reference: str) -> Path:
        chosen = self._chosen(reference)
        if chosen is None:
            return self._store.locate(self._shipped if reference == DEFAULT_MODEL else reference)
        if reference != DEFAULT_MODEL and chosen.reference.startswith(PREFIX):
            return self.find(reference).folder
        with self._explained(chosen):
            return self._store.locate(chosen.reference)

    @override
    def locate_listed(self, name: str) -> Path:
        chosen = self._chosen(name)
        if chosen is not None:  # a path or a registered model may not be listed
            with suppress(ModelNotFoundError):
                return self._store.locate_listed(chosen.reference)
        return self._store.locate_listed(name)

    @override
    def list(self) -> tuple[StoredModel, ...]:
        return self._store.list()

    def _chosen(self, reference: str) -> ModelInUse | None:
        if not reference or "/" in reference or ":" in reference:  # spares reading the choice
            return None
        chosen = self._in_use.get()
        return chosen if chosen and reference in (DEFAULT_MODEL, chosen.kind) else None

    @contextmanager
    def _explained(self, chosen: ModelInUse) -> Iterator[None]:
        try:
            yield
        except _UNUSABLE as error:
            raise type(error)(
                f"The model in use, {chosen.reference}, cannot be loaded. {error} To go back to the shipped model, run "
                f"`arxiv-classifier models use --shipped`; {self._in_use.place} names the one in use."
            ) from error


class UseModel:
    """Makes a model the one in use, after `check` has let it predict.

    `store` ignores the choice of the model in use, so a kind means its shipped model there.
    """

    def __init__(
        self,
        store: ModelStore,
        in_use: ModelInUseStore,
        check: Callable[[str], StoredModel],
    ) -> None:
        self._store = store
        self._in_use = in_use
        self._check = check

    def __call__(self, reference: str) -> tuple[StoredModel, str]:
        """Returns the model and its stored reference: a shipped name, `kind/version`, path or registry reference."""
        stored = self._check(reference)
        kept = self._name(reference, stored)
        # If another shipped model of a kind is chosen, the kind still means its own shipped model.
        meant = kept if kept == stored.shipped_as else stored.card.kind
        self._in_use.use(ModelInUse(kept, meant))
        return stored, kept

    def _name(self, reference: str, stored: StoredModel) -> str:
        if reference.startswith(PREFIX):
            return reference
        # A shipped model is kept by its name, which later versions of the program have too.
        for name in (stored.shipped_as, stored.name):
            if name and self._means(name, stored):
                return name
        return str(stored.folder.absolute())

    def _means(self, name: str, stored: StoredModel) -> bool:
        try:
            return self._store.locate(name) == stored.folder.resolve()
        except ModelNotFoundError:
            return False
