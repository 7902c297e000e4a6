"""Port: where trained models are kept."""

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from domain.model_bundle import ModelCard, StoredModel


class ModelStore(Protocol):
    """Keeps bundles whole: a reader sees all of one or nothing of it."""

    @abstractmethod
    def save(self, card: ModelCard, write_weights: Callable[[Path], None]) -> StoredModel:
        """Writes a new version; where anything fails, nothing of it stays."""

    @abstractmethod
    def find(self, reference: str) -> StoredModel:
        """The bundle of a kind, of `kind/version`, of a folder, or of a file inside one.

        A kind means its shipped bundle, and its newest version where none is shipped.
        Every file's SHA-256 is compared with the manifest.
        Raises ModelNotFoundError, IncompatibleModelError or CorruptModelError.
        """

    @abstractmethod
    def locate(self, reference: str) -> Path:
        """The folder of the bundle that `find` would give, links followed, read no further than to find it.

        Raises ModelNotFoundError.
        """

    @abstractmethod
    def locate_listed(self, name: str) -> Path:
        """The folder of a bundle that `list` gives, by its kind or by `kind/version`; never one at a path.

        Raises ModelNotFoundError.
        """

    @abstractmethod
    def list(self) -> tuple[StoredModel, ...]:
        """Every readable bundle, by kind and then newest first."""
