"""Port: where models are registered, as numbered versions under a name with aliases that move between them."""

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from domain.registered_model import Alias, AliasChange, RegisteredModel, Registration, RegistryReference


class ModelRegistry(Protocol):
    """Holds bundles of its own, so that nothing that happens to a training's output reaches a registered model.

    Every method may raise RegistryUnavailableError, and CorruptModelError where a record cannot be read.
    """

    @abstractmethod
    def register(self, name: str, registration: Registration) -> RegisteredModel:
        """A new version with a copy of the bundle; where anything fails, nothing of it is seen."""

    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """The names that have versions, sorted."""

    @abstractmethod
    def versions(self, name: str) -> tuple[RegisteredModel, ...]:
        """Every version of a name whose record can be read, newest first; the log tells of others.

        An unknown name is a ModelNotFoundError that lists the known ones.
        """

    @abstractmethod
    def find(self, reference: RegistryReference) -> RegisteredModel:
        """The version that a reference means now.

        An unknown name, version or alias is a ModelNotFoundError that lists the known ones.
        """

    @abstractmethod
    def locate(self, model: RegisteredModel, *, anew: bool = False) -> Path:
        """The folder with a version's bundle; one that is gone, or has another manifest, is a CorruptModelError.

        Where bundles are fetched from elsewhere and kept, `anew` fetches it although it is kept.

        The bundles that it needs lie in `members/<kind>/<version>/` beside it.
        """

    @abstractmethod
    def aliases(self, name: str) -> tuple[Alias, ...]:
        """The aliases of a name, sorted; none for a name that is not known."""

    @abstractmethod
    def move(self, name: str, alias: str, decide: Callable[[Alias], AliasChange | None]) -> AliasChange | None:
        """Moves an alias as `decide` says of how it stands; for None, or where it raises, nothing changes.

        Nobody else's move comes between what `decide` sees and what is written.
        """
