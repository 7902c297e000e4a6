"""Use case: open a stored model, calibrated, with its members."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from application.calibration.platt_scaling import CalibratedClassifier
from application.explain import CalibratedExplainer, OcclusionExplainer
from application.models.ensemble import EnsembleClassifier, find_members, shared_taxonomy
from application.predictions.open_categories import OpenCategories, OpenExplainer
from domain.errors import IncompatibleModelError
from domain.label import Label
from domain.lifetime import Lifetime
from domain.model_bundle import StoredModel
from domain.month import Clock, system_clock
from domain.ports.classifier import Classifier
from domain.ports.explainer import Explainer
from domain.ports.model_kinds import ModelKinds
from domain.ports.model_store import ModelStore
from domain.registered_model import MEMBERS


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model ready to serve: its description, its calibrated classifier, and the classifier before calibration.

    The calibrated classifier gives no category that arXiv did not have when a paper was filed, unless settings allow
    it.
    """

    stored: StoredModel
    classifier: Classifier
    raw: Classifier


class OpenModel:
    """Opens the models of a store.

    `store_at` returns the store in a folder. `check` may refuse a model, given its reference, before its weights are
    read. With `lifetimes`, a paper gets only categories that existed when it was filed.
    """

    def __init__(
        self,
        store: ModelStore,
        kinds: ModelKinds,
        store_at: Callable[[Path], ModelStore],
        *,
        check: Callable[[str, StoredModel], None] = lambda reference, stored: None,
        lifetimes: Mapping[Label, Lifetime] | None = None,
        now: Clock = system_clock,
    ) -> None:
        self._store = store
        self._kinds = kinds
        self._store_at = store_at
        self._check = check
        self._lifetimes = lifetimes
        self._now = now

    def __call__(self, reference: str) -> LoadedModel:
        """Returns the model that a reference means.

        Raises the errors of `ModelStore.find`, and IncompatibleModelError.
        """
        return self.opened(self.find(reference))

    def find(self, reference: str) -> StoredModel:
        """Returns the bundle that a reference means, if it may be opened. Raises the errors of `ModelStore.find`."""
        stored = self._store.find(reference)
        self._check(reference, stored)
        return stored

    def in_folder(self, folder: Path) -> LoadedModel:
        """Returns the model of the bundle in a folder. Raises the errors of `ModelStore.open`."""
        return self.opened(self._store.open(folder))

    def opened(self, stored: StoredModel) -> LoadedModel:
        """Returns the model of a bundle."""
        raw = self.raw(stored)
        calibrated: Classifier = CalibratedClassifier(raw, stored.card.calibration)
        if self._lifetimes is not None:
            calibrated = OpenCategories(calibrated, self._lifetimes, now=self._now)
        return LoadedModel(stored, calibrated, raw)

    def raw(self, stored: StoredModel) -> Classifier:
        """Returns the classifier of a bundle before calibration."""
        return self._raw(self._store, stored)

    def members(self, stored: StoredModel) -> list[StoredModel]:
        """Returns the stored models that a model is made of, directly or through other members."""
        return self._members(self._store, stored)

    def explainer(self, model: LoadedModel) -> Explainer:
        """Returns the explainer of a model, which is exact if its kind has an attributor, else by occlusion."""
        classifier = model.classifier
        if isinstance(classifier, OpenCategories):
            return OpenExplainer(self._word_explainer(model, classifier.unbounded), classifier)
        return self._word_explainer(model, classifier)

    def _word_explainer(self, model: LoadedModel, calibrated: Classifier) -> Explainer:
        card = model.stored.card
        attributor = self._kinds.attributor(card.kind, model.raw)
        return CalibratedExplainer(attributor, card.calibration) if attributor else OcclusionExplainer(calibrated)

    def _raw(self, store: ModelStore, stored: StoredModel) -> Classifier:
        card = stored.card
        if self._kinds.is_composite(card.kind):
            return self._composite(store, stored)
        if card.kind not in self._kinds.names:
            raise IncompatibleModelError(
                f"The model in {stored.folder} is of kind {card.kind!r}; this program serves "
                f"{', '.join(self._kinds.names)}. Upgrade the program."
            )
        return self._kinds.family(card.kind).load(stored.folder, card.taxonomy)

    def _composite(self, store: ModelStore, stored: StoredModel) -> Classifier:
        store = self._store_of_members(store, stored)
        members = self._kinds.members(stored.card.kind, stored.folder)
        found = find_members(store, stored.name, members)
        shared_taxonomy([stored.card.taxonomy, *(each.card.taxonomy for each in found)])
        opened = [CalibratedClassifier(self._raw(store, each), each.card.calibration) for each in found]
        return EnsembleClassifier([(each, member.weight) for each, member in zip(opened, members, strict=True)])

    def _members(self, store: ModelStore, stored: StoredModel) -> list[StoredModel]:
        if not self._kinds.is_composite(stored.card.kind):
            return []
        store = self._store_of_members(store, stored)
        found = find_members(store, stored.name, self._kinds.members(stored.card.kind, stored.folder))
        return [each for member in found for each in (member, *self._members(store, member))]

    def _store_of_members(self, store: ModelStore, stored: StoredModel) -> ModelStore:
        """Returns the store of a model's members, which for a registered model is a folder beside it."""
        beside = stored.folder.parent / MEMBERS
        return self._store_at(beside) if beside.is_dir() else store
