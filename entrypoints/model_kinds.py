"""The kinds of models that the registry lists."""

from collections.abc import Sequence
from pathlib import Path

from typing_extensions import override

from domain.ensemble import EnsembleMember
from domain.errors import ConfigurationError
from domain.ports.classifier import Classifier, ClassifierFamily
from domain.ports.explainer import Attributor
from domain.ports.model_kinds import ModelKinds
from entrypoints import registry


class RegisteredKinds(ModelKinds):
    """Imports the modules of a kind at its first use."""

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return registry.kinds()

    @override
    def is_composite(self, kind: str) -> bool:
        return kind in registry.COMPOSITES

    @override
    def family(self, kind: str) -> ClassifierFamily:
        if self.is_composite(kind):
            raise ConfigurationError(
                f"A model of kind {kind} is made of stored models and is neither trained nor exported itself. "
                f"Build one with `arxiv-classifier {kind} MODEL MODEL`, or name one of its members."
            )
        family: ClassifierFamily = registry.find(registry.CLASSIFIERS, kind, what="kind of model")()
        return family

    @override
    def members(self, kind: str, folder: Path) -> Sequence[EnsembleMember]:
        members: Sequence[EnsembleMember] = registry.find(registry.COMPOSITES, kind, what="kind of model")(folder)
        return members

    @override
    def attributor(self, kind: str, raw: Classifier) -> Attributor | None:
        if kind not in registry.ATTRIBUTORS:
            return None
        attributor: Attributor = registry.load(registry.ATTRIBUTORS[kind])(raw)
        return attributor
