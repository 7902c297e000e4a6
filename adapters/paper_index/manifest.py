"""Writes and reads index.json, which describes an index.

It is not called manifest.json, because a folder with that file is a model, and indexes may lie among models.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from adapters.files.json_fields import Json, json_text, take, take_positive
from adapters.files.manifests import FileRecord, ManifestFormat, read_records, record_of, records_json
from domain.errors import CorruptModelError, IncompatibleModelError, ModelNotFoundError
from domain.ports.paper_index import IndexOrigin

FORMAT_VERSION = 1
MANIFEST = "index.json"
PAPERS = "papers.arrow"
FLAT, GRAPH = "flat", "graph"
VECTORS = {FLAT: "vectors.f32", GRAPH: "graph.usearch"}
METRIC = "cosine"
REMEDY = "Index the papers again with `arxiv-classifier index`."
FORMAT = ManifestFormat("index", FORMAT_VERSION, remedy=REMEDY, upgrade=f"Upgrade the program. {REMEDY}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of index.json. `layout` is FLAT or GRAPH and decides which file holds the vectors."""

    origin: IndexOrigin
    papers: int
    layout: str
    parameters: Mapping[str, object]
    files: Mapping[str, FileRecord]


def record_files(folder: Path, layout: str) -> dict[str, FileRecord]:
    """Returns a record of each file of an index with that layout."""
    return {name: record_of(folder / name) for name in (PAPERS, VECTORS[layout])}


def manifest_json(manifest: Manifest) -> bytes:
    """Returns the text of index.json."""
    origin = manifest.origin
    document = {
        "format_version": FORMAT_VERSION,
        "created": origin.created,
        "encoder": {"model": origin.model, "fingerprint": origin.fingerprint, "dimensions": origin.dimensions},
        "papers": manifest.papers,
        "metric": METRIC,
        "layout": manifest.layout,
        "parameters": dict(manifest.parameters),
        "files": records_json(manifest.files),
    }
    return json_text(document)


def read_manifest(folder: Path) -> Manifest:
    """Returns the manifest of the index in a folder.

    Raises ModelNotFoundError, IncompatibleModelError or CorruptModelError.
    """
    path = folder / MANIFEST
    try:
        text = FORMAT.read(path)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ModelNotFoundError(f"There is no index in {folder}. Make one with `arxiv-classifier index`.") from error
    except OSError as error:
        raise CorruptModelError(f"{path} cannot be read: {error.strerror}. {REMEDY}") from error
    document = FORMAT.parse(text, str(path))
    with FORMAT.refused(str(path)):
        return _parsed(document, path)


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raises CorruptModelError if a file is missing or altered."""
    for name, expected in manifest.files.items():
        FORMAT.check_file(folder, name, expected)


def _parsed(document: Json, path: Path) -> Manifest:
    _check_layout(document, path)
    layout = take(document, "layout", str)
    encoder = take(document, "encoder", dict)
    origin = IndexOrigin(
        model=take(encoder, "model", str),
        fingerprint=take(encoder, "fingerprint", str),
        dimensions=take_positive(encoder, "dimensions"),
        created=take(document, "created", str),
    )
    recorded = read_records(document)
    files = {name: take(recorded, name, FileRecord) for name in (PAPERS, VECTORS[layout])}
    return Manifest(origin, take_positive(document, "papers"), layout, take(document, "parameters", dict), files)


def _check_layout(document: Json, path: Path) -> None:
    layout, metric = take(document, "layout", str), take(document, "metric", str)
    if layout not in VECTORS or metric != METRIC:
        raise IncompatibleModelError(
            f"The index {path} has layout {layout} and metric {metric}; this program reads layouts {FLAT} and {GRAPH}, "
            f"metric {METRIC}. {FORMAT.upgrade}"
        )
