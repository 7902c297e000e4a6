"""Port: storage of trained models."""

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from domain.model_bundle import ModelCard, StoredModel


class ModelStore(Protocol):
    """Keeps bundles. A reader sees a whole bundle or none."""

    @abstractmethod
    def save(self, card: ModelCard, write_weights: Callable[[Path], None]) -> StoredModel:
        """Writes a new version. If anything fails, nothing of it remains."""

    @abstractmethod
    def find(self, reference: str) -> StoredModel:
        """Returns the bundle of a kind, of `kind/version`, of a folder, or of a file inside a folder.

        A kind means its shipped bundle, or else its newest version. Every file's SHA-256 is compared with the manifest.
        Raises ModelNotFoundError, IncompatibleModelError or CorruptModelError.
        """

    @abstractmethod
    def open(self, folder: Path) -> StoredModel:
        """Returns the bundle in a folder, which may lie outside this store. Its files are checked as by `find`.

        Raises ModelNotFoundError, IncompatibleModelError or CorruptModelError.
        """

    @abstractmethod
    def locate(self, reference: str) -> Path:
        """Returns the folder of the bundle that `find` would return, with links resolved, without reading its files.

        Raises ModelNotFoundError.
        """

    @abstractmethod
    def locate_listed(self, name: str) -> Path:
        """Returns the folder of a bundle in `list`, by its kind or by `kind/version`. Paths are not accepted.

        Raises ModelNotFoundError.
        """

    @abstractmethod
    def list(self) -> tuple[StoredModel, ...]:
        """Returns every readable bundle, sorted by kind, newest first."""
