"""What index.json says of an index, and how it is read back.

It is not called manifest.json: a folder with that file is a model's, and indexes may lie among models.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from domain.errors import CorruptModelError, IncompatibleModelError, ModelNotFoundError
from domain.ports.paper_index import IndexOrigin

FORMAT_VERSION = 1
MANIFEST = "index.json"
PAPERS = "papers.arrow"
FLAT, GRAPH = "flat", "graph"
VECTORS = {FLAT: "vectors.f32", GRAPH: "graph.usearch"}
METRIC = "cosine"
REMEDY = "Index the papers again with `arxiv-classifier index`."

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file's size in bytes and its SHA-256 (hex)."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that index.json says; `layout` is FLAT or GRAPH and decides which file holds the vectors."""

    origin: IndexOrigin
    papers: int
    layout: str
    parameters: Mapping[str, object]
    files: Mapping[str, FileRecord]


def record_files(folder: Path, layout: str) -> dict[str, FileRecord]:
    """A record of each file of an index of that layout."""
    return {name: _record(folder / name) for name in (PAPERS, VECTORS[layout])}


def manifest_json(manifest: Manifest) -> bytes:
    """The text of index.json."""
    origin = manifest.origin
    document = {
        "format_version": FORMAT_VERSION,
        "created": origin.created,
        "encoder": {"model": origin.model, "fingerprint": origin.fingerprint, "dimensions": origin.dimensions},
        "papers": manifest.papers,
        "metric": METRIC,
        "layout": manifest.layout,
        "parameters": dict(manifest.parameters),
        "files": {name: {"size": file.size, "sha256": file.sha256} for name, file in manifest.files.items()},
    }
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of the index in a folder.

    Raises ModelNotFoundError, IncompatibleModelError or CorruptModelError.
    """
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelNotFoundError(f"There is no index in {folder}. Make one with `arxiv-classifier index`.") from error
    except OSError as error:
        raise CorruptModelError(f"{path} cannot be read: {error.strerror}. {REMEDY}") from error
    try:
        return _parsed(_typed(json.loads(text), dict, "it"), path)
    except (ValueError, RecursionError) as error:
        raise CorruptModelError(f"{path} cannot be read: {str(error).rstrip('.')}. {REMEDY}") from error


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raises CorruptModelError where a file is missing or altered."""
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise CorruptModelError(f"The index in {folder} lacks its file {name}. {REMEDY}")
        size = path.stat().st_size
        if size != expected.size:
            raise CorruptModelError(f"{path} has {size:,} bytes where {MANIFEST} says {expected.size:,}. {REMEDY}")
        found = _record(path).sha256
        if found != expected.sha256:
            raise CorruptModelError(
                f"{path} was altered: its SHA-256 begins {found[:12]}, {MANIFEST} says {expected.sha256[:12]}. {REMEDY}"
            )


def _parsed(document: Mapping[str, object], path: Path) -> Manifest:
    _check_format(document, path)
    layout = _take(document, "layout", str)
    encoder = _take(document, "encoder", dict)
    origin = IndexOrigin(
        model=_take(encoder, "model", str),
        fingerprint=_take(encoder, "fingerprint", str),
        dimensions=_positive(encoder, "dimensions"),
        created=_take(document, "created", str),
    )
    recorded = _take(document, "files", dict)
    files = {name: _file(_take(recorded, name, dict)) for name in (PAPERS, VECTORS[layout])}
    return Manifest(origin, _positive(document, "papers"), layout, _take(document, "parameters", dict), files)


def _check_format(document: Mapping[str, object], path: Path) -> None:
    found = _take(document, "format_version", int)
    if found < 1:
        raise ValueError(f"format_version is {found}")
    layout, metric = _take(document, "layout", str), _take(document, "metric", str)
    if found > FORMAT_VERSION or layout not in VECTORS or metric != METRIC:
        raise IncompatibleModelError(
            f"The index {path} has format {found}, layout {layout} and metric {metric}; this program reads format "
            f"{FORMAT_VERSION}, layouts {FLAT} and {GRAPH}, metric {METRIC}. Upgrade the program, or index again."
        )


def _file(record: Mapping[str, object]) -> FileRecord:
    return FileRecord(_take(record, "size", int), _take(record, "sha256", str))


def _positive(document: Mapping[str, object], key: str) -> int:
    value = _take(document, key, int)
    if value < 1:
        raise ValueError(f"{key!r} is {value}")
    return value


def _take(document: Mapping[str, object], key: str, kind: type[Value]) -> Value:
    if key not in document:
        raise ValueError(f"it lacks {key!r}")
    return _typed(document[key], kind, repr(key))


def _typed(value: object, kind: type[Value], what: str) -> Value:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise ValueError(f"{what} is a {type(value).__name__}, not a {kind.__name__}")
    return value


def _record(path: Path) -> FileRecord:
    with path.open("rb") as file:
        return FileRecord(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())
