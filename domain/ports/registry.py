"""Port: a registry of models, with numbered versions under a name and aliases that move between them."""

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from domain.registered_model import Alias, AliasChange, RegisteredModel, Registration, RegistryReference


class ModelRegistry(Protocol):
    """Keeps its own copies of bundles, so that changes to a training's output do not reach a registered model.

    Every method may raise RegistryUnavailableError, or CorruptModelError if a record cannot be read.
    """

    @abstractmethod
    def register(self, name: str, registration: Registration) -> RegisteredModel:
        """Adds a version with a copy of the bundle and returns it. If anything fails, nothing is added."""

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Returns the names that have versions, sorted."""

    @abstractmethod
    def versions(self, name: str) -> tuple[RegisteredModel, ...]:
        """Returns every version of a name, newest first. Unreadable records are logged and left out.

        Raises ModelNotFoundError with the known names for an unknown one.
        """

    @abstractmethod
    def find(self, reference: RegistryReference) -> RegisteredModel:
        """Returns the version that a reference points to now.

        Raises ModelNotFoundError with what is known for an unknown name, version or alias.
        """

    @abstractmethod
    def locate(self, model: RegisteredModel, *, anew: bool = False) -> Path:
        """Returns the folder of a version's bundle.

        Bundles that it needs lie beside it in `members/<kind>/<version>/`. A registry that downloads and caches bundles
        downloads this one again if `anew` is true.
        Raises CorruptModelError if the bundle is gone or has another manifest.
        """

    @abstractmethod
    def aliases(self, name: str) -> tuple[Alias, ...]:
        """Returns the aliases of a name, sorted. An unknown name has none."""

    @abstractmethod
    def move(self, name: str, alias: str, decide: Callable[[Alias], AliasChange | None]) -> AliasChange | None:
        """Moves an alias to the version that `decide` returns for its current state.

        If `decide` returns None or raises, nothing changes. No other move happens between the call of `decide` and the
        write.
        """
