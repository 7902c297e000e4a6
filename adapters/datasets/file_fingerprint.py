"""Fingerprints files by their content."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from domain.errors import InvalidInputError


def fingerprint_of_files(files: Iterable[tuple[str, Path]]) -> str:
    """Returns the SHA-256 (hex) over each file's label and content, in the order given, without names and dates."""
    digest = hashlib.sha256()
    for label, path in files:
        try:
            with path.open("rb") as file:
                digest.update(f"{label}:{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
        except OSError as error:
            raise InvalidInputError(f"{path} cannot be read: {error.strerror}.") from error
    return digest.hexdigest()
