"""A registry in folders: `<folder>/<name>/<version>/`, and `<folder>/<name>/aliases.json`."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from typing_extensions import override

from adapters.files.whole import publish_folder, write_whole
from adapters.registry.bundle_copies import BUNDLE, check_copy, copy_bundles
from adapters.registry.file_changes import locked, told_of
from adapters.registry.lookup import choose, no_such_name
from adapters.registry.records import aliases_json, entry_json, read_aliases, read_entry, readable
from domain.errors import ConfigurationError, CorruptModelError, InvalidInputError
from domain.options import read_options
from domain.ports.registry import ModelRegistry
from domain.registered_model import (
    Alias,
    AliasChange,
    RegisteredModel,
    Registration,
    RegistryReference,
    check_alias,
    check_name,
)

_ENTRY = "entry.json"
_ALIASES = "aliases.json"


@dataclass(frozen=True, slots=True)
class FilesystemRegistryOptions:
    """The registry's `folder`, by default `registry` among the artifacts."""

    folder: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.folder, str):
            raise ConfigurationError(f"Option folder of registry filesystem is {self.folder!r}. It has to be a path.")


def build(options: Mapping[str, object], artifacts: Path) -> ModelRegistry:
    """Returns the registry for options from the configuration. Its default folder is among the artifacts."""
    said = read_options(FilesystemRegistryOptions, options, where="Registry filesystem")
    return FilesystemModelRegistry(Path(said.folder).expanduser() if said.folder else artifacts / "registry")


class FilesystemModelRegistry(ModelRegistry):
    """A registry whose versions are folders that never change, with aliases in one file that is replaced whole.

    Readers take no lock. Writers take one per name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @override
    def register(self, name: str, registration: Registration) -> RegisteredModel:
        check_name(name)
        place = self._folder / name
        with told_of(f"{registration.stored.name} cannot be registered", place), _removed_if_empty(place):
            hidden = place / f".{os.urandom(8).hex()}.partial"
            hidden.mkdir(parents=True)
            try:
                copy_bundles(registration, hidden)
                return self._publish(name, registration, hidden)
            except BaseException:
                shutil.rmtree(hidden, ignore_errors=True)
                raise

    def _publish(self, name: str, registration: Registration, hidden: Path) -> RegisteredModel:
        place = self._folder / name
        with locked(place):
            model = RegisteredModel.of(name, self._next(place), registration)
            check_copy(model, hidden / BUNDLE)
            (hidden / _ENTRY).write_text(entry_json(model), "utf-8")
            publish_folder(hidden, place / str(model.version))
        return model

    def _next(self, place: Path) -> int:
        """Returns a number that no version has, nor a deleted version in the history of an alias."""
        remembered = (change.version for alias in _read_aliases(place) for change in alias.history)
        return max([0, *_numbers(place), *remembered]) + 1

    @override
    def names(self) -> tuple[str, ...]:
        try:
            folders = [path for path in self._folder.iterdir() if path.is_dir()]
        except OSError:  # does not exist yet
            return ()
        return tuple(sorted(path.name for path in folders if _is_name(path.name) and _numbers(path)))

    @override
    def versions(self, name: str) -> tuple[RegisteredModel, ...]:
        check_name(name)
        numbers = _numbers(self._folder / name)
        if not numbers:
            raise no_such_name(name, self.names())
        return readable(partial(self._entry, name, number) for number in sorted(numbers, reverse=True))

    @override
    def find(self, reference: RegistryReference) -> RegisteredModel:
        numbers = _numbers(self._folder / reference.name)
        if not numbers:
            raise no_such_name(reference.name, self.names())
        aliases = () if reference.alias is None else self.aliases(reference.name)
        return self._entry(reference.name, choose(reference, numbers, aliases))

    def _entry(self, name: str, version: int) -> RegisteredModel:
        path = self._folder / name / str(version) / _ENTRY
        try:
            model = read_entry(path.read_bytes(), str(path))
        except OSError as error:
            raise CorruptModelError(
                f"{path} cannot be read: {error.strerror or error}. Register the model again, or promote another "
                f"version of {name}."
            ) from error
        if (model.name, model.version) != (name, version):
            raise CorruptModelError(f"{path} is the record of {model.reference}. Register the model again.")
        return model

    @override
    def locate(self, model: RegisteredModel, *, anew: bool = False) -> Path:
        folder = self._folder / model.name / str(model.version) / BUNDLE
        check_copy(model, folder)
        return Path(os.path.realpath(folder))

    @override
    def aliases(self, name: str) -> tuple[Alias, ...]:
        check_name(name)
        return _read_aliases(self._folder / name)

    @override
    def move(self, name: str, alias: str, decide: Callable[[Alias], AliasChange | None]) -> AliasChange | None:
        check_alias(alias)
        place = self._folder / name
        if not _numbers(place):
            raise no_such_name(name, self.names())
        with told_of(f"The alias {alias} of {name} cannot be moved", place), locked(place):
            known = {each.name: each for each in _read_aliases(place)}
            standing = known.get(alias, Alias(alias, None))
            change = decide(standing)
            if change is not None:
                known[alias] = Alias(alias, change.version, (*standing.history, change))
                write_whole(place / _ALIASES, aliases_json([known[key] for key in sorted(known)]).encode())
        return change


def _read_aliases(place: Path) -> tuple[Alias, ...]:
    path = place / _ALIASES
    try:
        return read_aliases(path.read_bytes(), str(path))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise CorruptModelError(f"{path} cannot be read: {error.strerror or error}. Allow it to be read.") from error


def _numbers(place: Path) -> list[int]:
    try:
        return [int(each.name) for each in place.iterdir() if each.name.isdecimal() and each.name[0] != "0"]
    except OSError:  # nothing is registered under that name
        return []


def _is_name(name: str) -> bool:
    try:
        check_name(name)
    except InvalidInputError:
        return False
    return True


@contextmanager
def _removed_if_empty(place: Path) -> Iterator[None]:
    """Removes the folder of a name if it was created for a version that failed."""
    new = [folder for folder in (place, place.parent) if not folder.exists()]
    try:
        yield
    except BaseException:
        for folder in new:
            with suppress(OSError):
                folder.rmdir()
        raise
