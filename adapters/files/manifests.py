"""Manifests: JSON files that describe a folder and list its files with their digests.

Model bundles and paper indexes each have one, with different fields. Both are read and checked here.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.files.json_fields import Json, take, typed
from domain.errors import CorruptModelError, IncompatibleModelError, InvalidInputError
from domain.json_object import parse_json_object

# The manifest of a model with 10,000 labels has about 3 MB.
MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file's size in bytes and its SHA-256 (hex)."""

    size: int
    sha256: str


def record_of(path: Path) -> FileRecord:
    """Returns the record of a file as it is now."""
    with path.open("rb") as file:
        return FileRecord(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def records_json(files: Mapping[str, FileRecord]) -> Json:
    """Returns the field `files` of a manifest, sorted by path."""
    return {name: {"size": file.size, "sha256": file.sha256} for name, file in sorted(files.items())}


def read_records(document: Json) -> dict[str, FileRecord]:
    """Returns the records in the field `files` of a manifest. Raises ValueError for anything else."""
    return {name: _record(fields) for name, fields in take(document, "files", dict).items()}


@dataclass(frozen=True, slots=True)
class ManifestFormat:
    """The format of one sort of manifest, and the words for errors.

    `noun` is the content of a folder with such a manifest: model or index. `newest` is the newest format version that
    this program reads. `remedy` and `upgrade` are sentences for a damaged folder and for one that is too new.
    """

    noun: str
    newest: int
    remedy: str
    upgrade: str

    def read(self, path: Path) -> bytes:
        """Returns the text of a manifest. Raises OSError, or CorruptModelError if it is larger than 64 MB."""
        if path.stat().st_size > MOST_BYTES:
            raise CorruptModelError(f"{path} cannot be read: it has more than {MOST_BYTES >> 20} MB. {self.remedy}")
        return path.read_bytes()

    def parse(self, text: bytes, where: str) -> Json:
        """Returns the document in the text of a manifest, in a format that this program reads.

        Raises IncompatibleModelError for a newer format, and CorruptModelError for anything else. Both name `where`.
        """
        document = self.parse_object(text, where)
        with self.refused(where):
            version = take(document, "format_version", int)
            if version < 1:
                raise ValueError(f"format_version is {version}")
        if version > self.newest:
            raise IncompatibleModelError(
                f"{self.noun.capitalize()} format {version} is newer than this program supports ({self.newest}). "
                f"{self.upgrade}"
            )
        return document

    def parse_object(self, text: bytes, where: str) -> Json:
        """Returns the JSON object in a text. Raises CorruptModelError for NaN, and for nesting deeper than 64."""
        with self.refused(where):
            return parse_json_object(text)

    @contextmanager
    def refused(self, where: str) -> Iterator[None]:
        """Translates errors of a reader to CorruptModelError with `where` and the remedy."""
        try:
            yield
        except (ValueError, InvalidInputError) as error:
            raise CorruptModelError(f"{where} cannot be read: {str(error).rstrip('.')}. {self.remedy}") from error

    def check_file(self, folder: Path, name: str, recorded: FileRecord) -> None:
        """Raises CorruptModelError if a file is missing or is not the recorded one."""
        path = folder / name
        if not path.is_file():
            raise CorruptModelError(f"The {self.noun} in {folder} lacks its file {name}. {self.remedy}")
        size = path.stat().st_size
        if size != recorded.size:
            raise CorruptModelError(
                f"{path} has {size:,} bytes where its manifest says {recorded.size:,}. {self.remedy}"
            )
        found = record_of(path).sha256
        if found != recorded.sha256:
            raise CorruptModelError(
                f"{path} was altered: its SHA-256 begins {found[:12]}, its manifest says {recorded.sha256[:12]}. "
                f"{self.remedy}"
            )


def _record(fields: object) -> FileRecord:
    known = typed(fields, dict, "a file's record")
    return FileRecord(take(known, "size", int), take(known, "sha256", str))
