"""Caches bundles of a remote registry by digest, and the registry's last known answers."""

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from adapters.files.whole import publish_folder, write_whole
from adapters.registry.bundle_copies import BUNDLE, check_copy
from adapters.registry.file_changes import locked, told_of
from adapters.registry.records import entry_json, read_entry
from domain.errors import CorruptModelError
from domain.registered_model import RegisteredModel, RegistryReference

_SAID = "last-known"


class BundleCache:
    """Caches downloads under `folder`, so that each bundle is downloaded once and is available offline."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def bundle(self, model: RegisteredModel, fetch: Callable[[Path], None], *, anew: bool) -> Path:
        """Returns the folder of a version's bundle. `fetch` fills an empty folder if it is missing, or with `anew`."""
        place = self._folder / model.digest
        if anew or not _is_whole(model, place):
            self._folder.mkdir(parents=True, exist_ok=True)
            with told_of(f"{model.reference} cannot be fetched", self._folder), locked(self._folder):
                if anew or not _is_whole(model, place):  # another process may have been faster
                    self._fetch(model, fetch, place)
        return Path(os.path.realpath(place / BUNDLE))

    def _fetch(self, model: RegisteredModel, fetch: Callable[[Path], None], place: Path) -> None:
        partial = self._folder / f".{model.digest}.partial"
        shutil.rmtree(partial, ignore_errors=True)  # left by a killed process, since the lock admits one at a time
        partial.mkdir()
        try:
            fetch(partial)
            check_copy(model, partial / BUNDLE)
            if not _is_whole(model, place):
                shutil.rmtree(place, ignore_errors=True)
                publish_folder(partial, place)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def remember(self, reference: RegistryReference, model: RegisteredModel) -> None:
        """Records what a reference means. Errors of the disk are ignored."""
        path = self._note(reference)
        text = entry_json(model)
        with suppress(OSError):
            if not path.is_file() or path.read_text("utf-8") != text:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(path, text.encode())

    def last_known(self, reference: RegistryReference) -> RegisteredModel | None:
        """Returns what a reference last meant, or None if that is unknown or its bundle is not cached."""
        path = self._note(reference)
        with suppress(OSError, CorruptModelError):
            model = read_entry(path.read_bytes(), str(path))
            if _is_whole(model, self._folder / model.digest):
                return model
        return None

    def _note(self, reference: RegistryReference) -> Path:
        which = f"@{reference.alias}" if reference.alias is not None else f"={reference.version or 'newest'}"
        return self._folder / _SAID / f"{reference.name}{which}.json"


def _is_whole(model: RegisteredModel, place: Path) -> bool:
    try:
        check_copy(model, place / BUNDLE)
    except CorruptModelError:
        return False
    return True
