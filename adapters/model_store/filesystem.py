"""Stores model bundles in folders `<root>/<kind>/<version>/`, beside the shipped ones."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from typing_extensions import override

from adapters.model_store.advice import write_advice
from adapters.model_store.integrity import UNLISTED, record_files
from adapters.model_store.libraries import library_versions
from adapters.model_store.manifest import (
    CALIBRATION,
    MANIFEST,
    THRESHOLDS,
    calibration_json,
    manifest_json,
    thresholds_json,
)
from adapters.model_store.policies import write_conformal, write_policies
from adapters.model_store.publishing import published, version_order
from adapters.model_store.reading import is_bundle, read_bundle
from domain.errors import (
    ArxivClassifierError,
    ConfigurationError,
    IncompatibleModelError,
    InvalidInputError,
    ModelNotFoundError,
)
from domain.model_bundle import ModelCard, StoredModel
from domain.ports.model_store import ModelStore
from domain.registered_model import RegistryReference
from domain.spelling import nearest

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_KIND_AND_VERSION = re.compile(rf"({_NAME})(?:/({_NAME}))?")


class FilesystemModelStore(ModelStore):
    """The bundles under `root`, and the shipped ones in `bundled`, each in its own folder.

    A shipped model has its folder's name, which is usually its kind. A second model of kind baseline is called `arxiv`.
    A name means the bundle in the folder of that name under `root`, else the shipped bundle, else the newest version of
    that kind.
    """

    def __init__(self, root: Path, bundled: Sequence[Path] = ()) -> None:
        self._root = root
        self._bundled = {folder.name: folder for folder in bundled}

    @override
    def save(self, card: ModelCard, write_weights: Callable[[Path], None]) -> StoredModel:
        if not re.fullmatch(_NAME, card.kind):
            raise ValueError(f"{card.kind!r} cannot name a folder")
        parent = self._root / card.kind
        try:
            with published(parent, card.created) as publication:
                _write(publication.partial, publication.version, card, write_weights)
                stored = read_bundle(publication.partial, verify=False)  # publishes only what can be read back
        except OSError as error:
            raise ConfigurationError(
                f"The model cannot be written to {parent}: {error.strerror or error}. "
                "Free space there, or set ARXIV_CLASSIFIER_ARTIFACTS to another folder."
            ) from error
        return replace(stored, folder=publication.target)

    @override
    def find(self, reference: str) -> StoredModel:
        match = _KIND_AND_VERSION.fullmatch(reference)
        folder = self._folder(match[1], match[2]) if match else None
        if match is None or folder is None:
            return self._at_path(reference)
        stored = self._read(folder, verify=True)
        if match[1] not in (stored.card.kind, stored.shipped_as):
            raise IncompatibleModelError(
                f"The model in {folder} is of kind {stored.card.kind}, not {match[1]}. Name the folder, or move it."
            )
        return stored

    @override
    def open(self, folder: Path) -> StoredModel:
        if not is_bundle(folder):
            raise _without_manifest(str(folder))
        return self._read(_absolute(folder), verify=True)

    @override
    def locate(self, reference: str) -> Path:
        match = _KIND_AND_VERSION.fullmatch(reference)
        folder = (self._folder(match[1], match[2]) if match else None) or self._around(reference)
        return Path(os.path.realpath(folder))

    @override
    def locate_listed(self, name: str) -> Path:
        match = _KIND_AND_VERSION.fullmatch(name)
        folder = self._folder(match[1], match[2]) if match else None
        if match is None or folder is None:
            raise self._not_found(name)
        stored = self._read(folder, verify=False)
        if match[1] not in (stored.card.kind, stored.shipped_as):
            raise self._not_found(name)
        return Path(os.path.realpath(folder))

    @override
    def list(self) -> tuple[StoredModel, ...]:
        return tuple(stored for kind in self._kinds() for stored in self._readable(kind))

    def _kinds(self) -> Sequence[str]:
        return sorted({*self._bundled, *(folder.name for folder in _folders_in(self._root))})

    def _readable(self, name: str) -> Iterator[StoredModel]:
        for folder in self._of_kind(name):
            with suppress(ArxivClassifierError):
                stored = self._read(folder, verify=False)
                if name in (stored.card.kind, stored.shipped_as):
                    yield stored

    def _read(self, folder: Path, *, verify: bool) -> StoredModel:
        """Returns the bundle in a folder, with its shipped name if it has one."""
        names = (name for name, shipped in self._bundled.items() if _same(shipped, folder))
        return replace(read_bundle(folder, verify=verify), shipped_as=next(names, ""))

    def _of_kind(self, kind: str) -> Sequence[Path]:
        parent = self._root / kind
        versions = (folder for folder in _folders_in(parent) if (folder / MANIFEST).is_file())
        newest_first = sorted(versions, key=lambda folder: version_order(folder.name), reverse=True)
        return [*newest_first, *self._defaults(kind)]

    def _defaults(self, kind: str) -> Sequence[Path]:
        parent = self._root / kind
        shipped = self._bundled.get(kind)
        # In a clone, new versions of a kind are written into its shipped model's folder.
        places = [parent, shipped] if shipped and not _same(shipped, parent) else [parent]
        return [folder for folder in places if is_bundle(folder)]

    def _folder(self, kind: str, version: str | None) -> Path | None:
        if version is None:
            return next(iter([*self._defaults(kind), *self._of_kind(kind)]), None)
        if is_bundle(self._root / kind / version):
            return self._root / kind / version
        named = (stored for stored in self._readable(kind) if stored.version == version)
        return next((stored.folder for stored in (*named, *self._shipped(kind, version))), None)

    def _shipped(self, kind: str, version: str) -> Iterator[StoredModel]:
        """Yields the shipped models of that kind and version that have another name than their kind."""
        for name in self._bundled:
            yield from (each for each in self._readable(name) if each.name == f"{kind}/{version}")

    def _around(self, reference: str) -> Path:
        """Returns the bundle at a path, or around it."""
        path = _absolute(reference)
        if not reference or not os.path.exists(path):
            raise self._not_found(reference)
        folder = next((place for place in (path, *path.parents) if is_bundle(place)), None)
        if folder is None:
            raise _without_manifest(reference)
        return folder

    def _at_path(self, reference: str) -> StoredModel:
        path, folder = _absolute(reference), self._around(reference)
        stored = self._read(folder, verify=True)
        inside = path.relative_to(folder).as_posix()
        if folder != path and inside not in stored.files and inside not in UNLISTED:
            raise ModelNotFoundError(f"{reference} is not a file of the model in {folder}. Name a model's folder.")
        return stored

    def _not_found(self, reference: str) -> ModelNotFoundError:
        known = [stored.shipped_as or stored.name for stored in self.list()]
        near = nearest(reference, known)
        told = f"There is no model {reference!r}, neither in {self._root} nor as a path. "
        told += f"Did you mean {near}? " if near else ""
        told += f"Known models are: {', '.join(known) or 'none'}."
        with suppress(InvalidInputError):
            registered = RegistryReference.parse(reference)
            if registered.version is not None or registered.alias is not None:
                told += f" If it is registered, write {registered}."
        return ModelNotFoundError(told)


def _write(folder: Path, version: str, card: ModelCard, write_weights: Callable[[Path], None]) -> None:
    write_weights(folder)
    (folder / THRESHOLDS).write_bytes(thresholds_json(card.thresholds))
    (folder / CALIBRATION).write_bytes(calibration_json(card.calibration, card.taxonomy))
    if card.advice is not None:
        write_advice(folder, card.advice)
    if card.policies:
        write_policies(folder, card.policies)
    if card.conformal is not None:
        write_conformal(folder, card.conformal)
    files = record_files(folder)
    (folder / MANIFEST).write_bytes(manifest_json(card, version=version, libraries=library_versions(), files=files))
    # safetensors makes files that only their owner can read. All who can read the manifest must be able to serve them.
    mode = (folder / MANIFEST).stat().st_mode
    for name in files:
        if not (folder / name).is_symlink():
            (folder / name).chmod(mode)


def _without_manifest(place: str) -> ModelNotFoundError:
    return ModelNotFoundError(f"{place} holds no model: {MANIFEST} is missing. Name a model's folder or kind.")


def _absolute(reference: str | Path) -> Path:
    return Path(os.path.abspath(os.path.expanduser(reference)))  # resolve() would follow links


def _folders_in(parent: Path) -> Sequence[Path]:
    try:
        return [path for path in parent.iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError:  # missing or unreadable
        return []


def _same(left: Path, right: Path) -> bool:
    return os.path.realpath(left) == os.path.realpath(right)
