"""Copies bundles into a registry, and checks that they are unchanged."""

import hashlib
import shutil
from pathlib import Path
from typing import BinaryIO

from adapters.files.flushing import flush_tree
from domain.errors import CorruptModelError
from domain.model_bundle import StoredModel
from domain.registered_model import MEMBERS, RegisteredModel, Registration

BUNDLE = "bundle"
_MANIFEST = "manifest.json"
_BESIDE = (_MANIFEST, "MODEL_CARD.md")
_FICLONE = 0x40049409  # fcntl.FICLONE on Linux, which Python has since 3.12


def copy_bundles(registration: Registration, folder: Path) -> None:
    """Copies a bundle and the bundles it needs into an empty folder, and flushes them to disk."""
    copy_bundle(registration.stored, folder / BUNDLE)
    for member in registration.members:
        copy_bundle(member, folder / MEMBERS / member.card.kind / member.version)
    flush_tree(folder)


def copy_bundle(stored: StoredModel, folder: Path) -> None:
    """Copies a bundle's files, write-protected, into a new folder.

    They are copies, because edits of the original would reach hard links. File systems that support it (Btrfs, XFS)
    share the blocks until either is written to.
    """
    folder.mkdir(parents=True)
    for name in (*stored.files, *_BESIDE):
        source, target = stored.folder / name, folder / name
        if name in _BESIDE and not source.is_file():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        with source.open("rb") as original, target.open("xb") as copy:
            if not _shared_blocks(original, copy):
                shutil.copyfileobj(original, copy, 1 << 20)
        target.chmod(source.stat().st_mode & 0o444)


def check_copy(model: RegisteredModel, folder: Path) -> None:
    """Raises CorruptModelError if a bundle is gone or its manifest is not the registered one.

    The manifest lists the digests of all other files.
    """
    path = folder / _MANIFEST
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise CorruptModelError(
            f"The bundle of {model.reference} is gone: {path}: {error.strerror or error}. {_remedy(model)}"
        ) from error
    if found != model.digest:
        raise CorruptModelError(
            f"The bundle of {model.reference} was altered: the SHA-256 of {path} begins {found[:12]}, registered was "
            f"{model.digest[:12]}. {_remedy(model)}"
        )


def _shared_blocks(original: BinaryIO, copy: BinaryIO) -> bool:
    try:
        from fcntl import ioctl

        ioctl(copy.fileno(), _FICLONE, original.fileno())
    except (ImportError, OSError):
        return False
    return True


def _remedy(model: RegisteredModel) -> str:
    return f"Register {model.model} again, or promote another version of {model.name}."
