"""What a bundle's JSON files say, and how they are read back: manifest, thresholds, calibration.

docs/model-bundles.md describes the format.
"""

import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from domain.calibration import Calibration
from domain.category import Category
from domain.errors import CorruptModelError, IncompatibleModelError, InvalidInputError
from domain.json_object import parse_json_object
from domain.label import Label, LabelSet
from domain.model_bundle import ModelCard
from domain.taxonomy import CategoryInfo, Taxonomy
from domain.thresholds import Thresholds

# The format of a bundle with arXiv's categories, and that of one with other labels, which older programs refuse.
FORMAT_VERSION = 1
OWN_LABELS_VERSION = 2
MANIFEST = "manifest.json"
THRESHOLDS = "thresholds.json"
CALIBRATION = "calibration.json"

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

Json = Mapping[str, object]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file's size in bytes and its SHA-256 (hex)."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that manifest.json says; `files` has one record per path, relative to the bundle with forward slashes."""

    version: str
    kind: str
    created: str
    taxonomy: Taxonomy
    seed: int
    config: Json
    data: Json
    metrics: Mapping[str, Mapping[str, float]]
    libraries: Mapping[str, str]
    files: Mapping[str, FileRecord]
    run_id: str = ""


def manifest_json(
    card: ModelCard, *, version: str, libraries: Mapping[str, str], files: Mapping[str, FileRecord]
) -> bytes:
    """The text of manifest.json; a metric that is not a number is written as null."""
    document = {
        "format_version": FORMAT_VERSION if card.taxonomy.label_set == LabelSet.ARXIV else OWN_LABELS_VERSION,
        "kind": card.kind,
        "version": version,
        "created": card.created,
        **({"run_id": card.run_id} if card.run_id else {}),
        "seed": card.seed,
        "config": dict(card.config),
        "data": dict(card.data),
        "metrics": {split: {n: _or_null(v) for n, v in named.items()} for split, named in card.metrics.items()},
        "libraries": dict(libraries),
        "files": {name: {"size": file.size, "sha256": file.sha256} for name, file in sorted(files.items())},
        "taxonomy": {
            "label_set": str(card.taxonomy.label_set),
            "fingerprint": card.taxonomy.fingerprint(),
            "categories": [_category_json(info) for info in card.taxonomy.infos],
        },
    }
    return _dump(document)


def thresholds_json(thresholds: Thresholds) -> bytes:
    """The text of thresholds.json."""
    by_category = {category.identifier: value for category, value in thresholds.by_category.items()}
    return _dump({"default": thresholds.default, "by_category": by_category})


def calibration_json(calibration: Calibration, taxonomy: Taxonomy) -> bytes:
    """The text of calibration.json, keyed by category so that no column can shift unseen."""
    names = [str(category) for category in taxonomy]
    rows: dict[str, dict[str, object]] = {
        name: {"slope": slope, "intercept": intercept}
        for name, slope, intercept in zip(names, calibration.slopes, calibration.intercepts, strict=True)
    }
    for column, added in enumerate(calibration.mixing):
        others = zip(names, added, strict=True)
        # Six decimals move a probability by at most some 1e-5, and a third of the file goes.
        rows[names[column]]["mixing"] = {name: round(value, 6) for name, value in others if name != names[column]}
    return _dump(rows)


def read_manifest(text: bytes, where: str) -> Manifest:
    """The manifest in `text`; errors name `where` it was read from."""
    document = _parse(text, where)
    try:
        _check_format(document)
        return Manifest(
            version=_version(_take(document, "version", str)),
            kind=_take(document, "kind", str),
            created=_take(document, "created", str),
            taxonomy=_taxonomy(_take(document, "taxonomy", dict)),
            seed=_take(document, "seed", int),
            config=_take(document, "config", dict),
            data=_take(document, "data", dict),
            metrics={n: _metrics(named) for n, named in _take(document, "metrics", dict).items()},
            libraries={n: _typed(v, str, f"the version of {n}") for n, v in _take(document, "libraries", dict).items()},
            files={n: _file(record) for n, record in _take(document, "files", dict).items()},
            run_id=_take_or_none(document, "run_id") or "",
        )
    except (ValueError, InvalidInputError) as error:
        raise _corrupt(where, error) from error


def _version(text: str) -> str:
    if not _VERSION.fullmatch(text):
        raise ValueError(f"the version is {text[:100]!r}, not up to 100 letters, digits, dots, hyphens and underscores")
    return text


def read_thresholds(text: bytes, taxonomy: Taxonomy, where: str) -> Thresholds:
    """The thresholds in `text`, each of a category of the taxonomy."""
    document = _parse(text, where)
    try:
        by_category = {Label.parse(name): _number(cut) for name, cut in _take(document, "by_category", dict).items()}
        for category in by_category:
            taxonomy.column(category)
        return Thresholds(_number(document.get("default")), by_category)
    except (ValueError, InvalidInputError) as error:
        raise _corrupt(where, error) from error


def read_calibration(text: bytes, taxonomy: Taxonomy, where: str) -> Calibration:
    """The calibration in `text`, in the taxonomy's column order."""
    document = _parse(text, where)
    try:
        rows = [_take(document, category.identifier, dict) for category in taxonomy]
        if len(document) != len(rows):
            raise ValueError(f"it has {len(document)} categories where the model has {len(rows)}")
        return Calibration(
            tuple(_number(row.get("slope")) for row in rows),
            tuple(_number(row.get("intercept")) for row in rows),
            _mixing(rows, taxonomy),
        )
    except (ValueError, InvalidInputError) as error:
        raise _corrupt(where, error) from error


def _mixing(rows: Sequence[Json], taxonomy: Taxonomy) -> tuple[tuple[float, ...], ...]:
    if not any("mixing" in row for row in rows):
        return ()
    tables = [_take(row, "mixing", dict) for row in rows]
    for own, table in zip(taxonomy, tables, strict=True):
        if len(table) != len(taxonomy) - 1 or own.identifier in table:
            raise ValueError(f"the mixing of {own} does not name every other category once")
    return tuple(
        tuple(0.0 if other == own else _number(table.get(other.identifier)) for other in taxonomy)
        for own, table in zip(taxonomy, tables, strict=True)
    )


def _check_format(document: Json) -> None:
    found = _take(document, "format_version", int)
    if found > OWN_LABELS_VERSION:
        raise IncompatibleModelError(
            f"Model format {found} is newer than this program supports ({OWN_LABELS_VERSION}). "
            "Upgrade the program, or retrain the model."
        )
    if found < 1:
        raise ValueError(f"format_version is {found}")


def _taxonomy(document: Json) -> Taxonomy:
    label_set = _label_set(document)
    taxonomy = Taxonomy(tuple(_category(row, label_set) for row in _take(document, "categories", list)))
    recorded, computed = _take(document, "fingerprint", str), taxonomy.fingerprint()
    if recorded != computed:
        raise ValueError(f"its categories have the fingerprint {computed[:12]}, but it records {recorded[:12]}")
    return taxonomy


def _label_set(document: Json) -> LabelSet:
    """Bundles that say nothing of it are older, and of arXiv."""
    said = _take_or_none(document, "label_set") or LabelSet.ARXIV
    if said not in tuple(LabelSet):
        raise ValueError(f"the label set is {said[:100]!r}, not {' or '.join(LabelSet)}")
    return LabelSet(said)


def _category_json(info: CategoryInfo) -> Json:
    return {
        "id": info.category.identifier,
        "name": info.name,
        "group": info.group,
        "description": info.description,
        "alias": info.alias and info.alias.identifier,
        "started": info.started,
        "retired": info.retired,
    }


def _category(row: object, label_set: LabelSet) -> CategoryInfo:
    fields = _typed(row, dict, "a category")
    parse: Callable[[str], Label] = Category.parse if label_set == LabelSet.ARXIV else Label.parse
    alias = _take_or_none(fields, "alias")
    return CategoryInfo(
        category=parse(_take(fields, "id", str)),
        name=_take(fields, "name", str),
        group=_take(fields, "group", str),
        description=_take_or_none(fields, "description") or "",
        alias=parse(alias) if alias else None,
        started=_take_or_none(fields, "started"),
        retired=_take_or_none(fields, "retired"),
    )


def _file(record: object) -> FileRecord:
    fields = _typed(record, dict, "a file's record")
    return FileRecord(_take(fields, "size", int), _take(fields, "sha256", str))


def _metrics(named: object) -> Mapping[str, float]:
    values = _typed(named, dict, "a split's metrics")
    return {name: math.nan if value is None else _number(value) for name, value in values.items()}


def _or_null(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _number(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max:
        return float(value)
    raise ValueError(f"{value!r} stands where a number should")


def _take(document: Json, key: str, kind: type[Value]) -> Value:
    if key not in document:
        raise ValueError(f"it lacks {key!r}")
    return _typed(document[key], kind, repr(key))


def _take_or_none(document: Json, key: str) -> str | None:
    return None if document.get(key) is None else _take(document, key, str)


def _typed(value: object, kind: type[Value], what: str) -> Value:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{what} is a {type(value).__name__}, not a {kind.__name__}")
    return value


def _dump(document: Json) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _parse(text: bytes, where: str) -> Json:
    try:
        return parse_json_object(text)
    except ValueError as error:
        raise _corrupt(where, error) from error


def _corrupt(where: str, error: Exception) -> CorruptModelError:
    reason = str(error).rstrip(".")
    return CorruptModelError(f"{where} cannot be read: {reason}. Copy the bundle again, or retrain the model.")
