"""Port: the kinds of models that a program knows, and what each can do."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from domain.ensemble import EnsembleMember
from domain.ports.classifier import Classifier, ClassifierFamily
from domain.ports.explainer import Attributor


class ModelKinds(Protocol):
    """What there is for each kind of model: a family that is trained, or a list of the models it is made of."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Every kind that can be served, sorted."""

    @abstractmethod
    def is_composite(self, kind: str) -> bool:
        """Whether models of a kind are made of stored models."""

    @abstractmethod
    def family(self, kind: str) -> ClassifierFamily:
        """What trains and loads models of a kind; a ConfigurationError for a composite or an unknown one."""

    @abstractmethod
    def members(self, kind: str, folder: Path) -> Sequence[EnsembleMember]:
        """The models that the bundle of a composite lists."""

    @abstractmethod
    def attributor(self, kind: str, raw: Classifier) -> Attributor | None:
        """What takes the logits of an uncalibrated classifier apart; None for kinds where nothing does."""
