"""Port: the kinds of models that a program knows, and the operations of each."""

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from domain.ensemble import EnsembleMember
from domain.ports.classifier import Classifier, ClassifierFamily
from domain.ports.explainer import Attributor


class ModelKinds(Protocol):
    """The operations of each kind of model, which is either trained or made of stored models."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The kinds that can be served, sorted."""

    @abstractmethod
    def is_composite(self, kind: str) -> bool:
        """Returns whether models of a kind are made of stored models."""

    @abstractmethod
    def family(self, kind: str) -> ClassifierFamily:
        """Returns the family of a kind, which trains and loads its models.

        Raises ConfigurationError for a composite or unknown kind.
        """

    @abstractmethod
    def members(self, kind: str, folder: Path) -> Sequence[EnsembleMember]:
        """Returns the models that the bundle of a composite lists."""

    @abstractmethod
    def attributor(self, kind: str, raw: Classifier) -> Attributor | None:
        """Returns the attributor of an uncalibrated classifier's logits, or None if its kind has none."""
