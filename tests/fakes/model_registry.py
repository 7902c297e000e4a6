"""A registry that keeps records in memory and bundles in a temporary folder."""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from typing_extensions import override

from domain.errors import CorruptModelError, ModelNotFoundError
from domain.ports.registry import ModelRegistry
from domain.registered_model import (
    MEMBERS,
    Alias,
    AliasChange,
    RegisteredModel,
    Registration,
    RegistryReference,
    check_alias,
    check_name,
)


class FakeModelRegistry(ModelRegistry):
    """Copies whole folders under `folder`; a bundle counts as altered where its manifest is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._models: dict[str, list[RegisteredModel]] = {}
        self._aliases: dict[str, dict[str, Alias]] = {}
        self._manifests: dict[RegistryReference, bytes] = {}
        self._lock = threading.Lock()

    @override
    def register(self, name: str, registration: Registration) -> RegisteredModel:
        check_name(name)
        with self._lock:
            versions = self._models.get(name, [])
            model = RegisteredModel.of(name, len(versions) + 1, registration)
            place = self._folder / name / str(model.version)
            try:
                shutil.copytree(registration.stored.folder, place / "bundle")
                for each in registration.members:
                    shutil.copytree(each.folder, place / MEMBERS / each.card.kind / each.version)
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
            self._manifests[model.reference] = (place / "bundle" / "manifest.json").read_bytes()
            self._models[name] = [*versions, model]
        return model

    @override
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._models))

    @override
    def versions(self, name: str) -> tuple[RegisteredModel, ...]:
        check_name(name)
        if name not in self._models:
            raise ModelNotFoundError(f"There is no registered model {name!r}. Registered are: {list(self._models)}.")
        return tuple(reversed(self._models[name]))

    @override
    def find(self, reference: RegistryReference) -> RegisteredModel:
        versions = self.versions(reference.name)
        aliases = {alias.name: alias.version for alias in self.aliases(reference.name)}
        if reference.alias is not None and reference.alias not in aliases:
            raise ModelNotFoundError(f"There is no alias {reference.alias!r}. Aliases are: {', '.join(aliases)}.")
        wanted = reference.version if reference.alias is None else aliases[reference.alias]
        for model in versions:
            if wanted in (None, model.version):
                return model
        raise ModelNotFoundError(f"There is no version {wanted}. Versions are: {[each.version for each in versions]}.")

    @override
    def locate(self, model: RegisteredModel, *, anew: bool = False) -> Path:
        folder = self._folder / model.name / str(model.version) / "bundle"
        manifest = folder / "manifest.json"
        if not manifest.is_file() or manifest.read_bytes() != self._manifests[model.reference]:
            raise CorruptModelError(f"The bundle of {model.reference} is gone or altered: {manifest}.")
        return folder.resolve()

    @override
    def aliases(self, name: str) -> tuple[Alias, ...]:
        known = self._aliases.get(name, {})
        return tuple(known[alias] for alias in sorted(known))

    @override
    def move(self, name: str, alias: str, decide: Callable[[Alias], AliasChange | None]) -> AliasChange | None:
        check_alias(alias)
        self.versions(name)
        with self._lock:
            standing = self._aliases.get(name, {}).get(alias, Alias(alias, None))
            change = decide(standing)
            if change is not None:
                moved = Alias(alias, change.version, (*standing.history, change))
                self._aliases.setdefault(name, {})[alias] = moved
        return change
