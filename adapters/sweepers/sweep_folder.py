"""Marks the sweep to which a folder belongs, whose models and reports it holds."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adapters.files.whole import write_whole
from adapters.sweepers.identities import refuse_another
from domain.errors import SweepStorageError
from domain.ports.sweeper import CLAIM
from domain.sweep import SweepPlan


class FolderClaim:
    """A file in a sweep's folder with the sweep's identity, the sweeper's name and the storage of trials.

    `storage` is that storage without a password.
    """

    def __init__(self, folder: Path, plan: SweepPlan, *, sweeper: str, storage: str | None) -> None:
        self._path = folder / CLAIM
        self._plan = plan
        self._where = {"sweeper": sweeper, "storage": storage}

    def is_made(self) -> bool:
        """Returns whether the folder belongs to this sweep. Raises ConfigurationError if it belongs to another."""
        if not self._path.is_file():
            return False
        claim = read_mapping(self._path)
        name, folder = self._plan.definition.name, str(self._path.parent)
        refuse_another(claim.get("identity") or {}, self._plan.identity, name=name, where=folder)
        for key, here in self._where.items():
            refuse_another({key: claim.get(key)}, {key: here}, name=name, where=folder)
        return True

    def make(self) -> None:
        """Claims the folder for this sweep if it is unclaimed."""
        if not self.is_made():
            write_mapping(self._path, {**self._where, "identity": self._plan.identity})


def read_mapping(path: Path) -> Mapping[str, Any]:
    """Returns the JSON object in a file. Raises SweepStorageError if there is none."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(content, dict):
        raise _damaged(path, "it holds no JSON object")
    return content


def write_mapping(path: Path, content: Mapping[str, object]) -> None:
    """Writes a JSON object, whole or not at all. Raises SweepStorageError if it cannot be written."""
    try:
        write_whole(path, json.dumps(content, indent=2).encode())
    except OSError as error:
        raise SweepStorageError(f"{path} cannot be written: {error.strerror}.") from error


def _damaged(path: Path, reason: str) -> SweepStorageError:
    return SweepStorageError(
        f"{path} cannot be read: {reason}. Put a copy of it in its place, or start another sweep with --name."
    )
