"""A model store that keeps cards in memory and weights in a temporary folder."""

import shutil
import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from typing_extensions import override

from domain.errors import CorruptModelError, ModelNotFoundError
from domain.model_bundle import ModelCard, StoredModel
from domain.ports.model_store import ModelStore


class FakeModelStore(ModelStore):
    """Numbers versions 1, 2, 3 across kinds; weights go under `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._models: list[StoredModel] = []
        self._digests: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    @override
    def save(self, card: ModelCard, write_weights: Callable[[Path], None]) -> StoredModel:
        with self._lock:
            version = str(len(self._models) + 1)
            place = self._folder / card.kind / version
            place.mkdir(parents=True)
            try:
                write_weights(place)
            except BaseException:
                shutil.rmtree(place)
                raise
            sizes = {name: (place / name).stat().st_size for name in _digests(place)}
            digests = _digests(place)
            digest = sha256(repr((card, version, digests)).encode()).hexdigest()
            stored = StoredModel(card, version, place, sizes, digest=digest)
            self._digests[stored.name] = digests
            self._models.append(stored)
            return stored

    @override
    def find(self, reference: str) -> StoredModel:
        for stored in self.list():
            if reference in (stored.card.kind, stored.name) or Path(reference) in _places(stored):
                return self._checked(stored)
        raise ModelNotFoundError(f"There is no model {reference!r}. Save one first.")

    @override
    def open(self, folder: Path) -> StoredModel:
        for stored in self.list():
            if folder.absolute() == stored.folder:
                return self._checked(stored)
        raise ModelNotFoundError(f"{folder} holds no model. Save one first.")

    @override
    def locate(self, reference: str) -> Path:
        for stored in self.list():
            if reference in (stored.card.kind, stored.name) or Path(reference) in _places(stored):
                return stored.folder.resolve()
        raise ModelNotFoundError(f"There is no model {reference!r}. Save one first.")

    @override
    def locate_listed(self, name: str) -> Path:
        for stored in self.list():
            if name in (stored.card.kind, stored.name):
                return stored.folder.resolve()
        raise ModelNotFoundError(f"There is no model {name!r}. Save one first.")

    @override
    def list(self) -> tuple[StoredModel, ...]:
        return tuple(sorted(self._models, key=lambda stored: (stored.card.kind, -int(stored.version))))

    def _checked(self, stored: StoredModel) -> StoredModel:
        if _digests(stored.folder) != self._digests[stored.name]:
            raise CorruptModelError(f"The model {stored.name} was altered. Save it again.")
        return stored


def _places(stored: StoredModel) -> set[Path]:
    return {stored.folder, *(stored.folder / name for name in stored.files)}


def _digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}
