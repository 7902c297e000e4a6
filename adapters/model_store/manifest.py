"""Writes and reads the JSON files of a bundle: manifest, thresholds, calibration.

docs/model-bundles.md describes the format.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from adapters.files.json_fields import Json, json_text, number, take, take_text_or_none, typed
from adapters.files.manifests import FileRecord, ManifestFormat, read_records, records_json
from domain.calibration import Calibration
from domain.category import Category
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

FORMAT = ManifestFormat(
    noun="model",
    newest=OWN_LABELS_VERSION,
    remedy="Copy the bundle again, or retrain the model.",
    upgrade="Upgrade the program, or retrain the model.",
)

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of manifest.json. `files` has one record per path, relative to the bundle with forward slashes."""

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
    """Returns the text of manifest.json. A metric that is not finite is written as null."""
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
        "files": records_json(files),
        "taxonomy": {
            "label_set": str(card.taxonomy.label_set),
            "fingerprint": card.taxonomy.fingerprint(),
            "categories": [_category_json(info) for info in card.taxonomy.infos],
        },
    }
    return json_text(document)


def thresholds_json(thresholds: Thresholds) -> bytes:
    """Returns the text of thresholds.json."""
    return json_text(threshold_values(thresholds))


def threshold_values(thresholds: Thresholds) -> Json:
    """Returns thresholds as JSON values, keyed by category."""
    by_category = {category.identifier: value for category, value in thresholds.by_category.items()}
    return {"default": thresholds.default, "by_category": by_category}


def calibration_json(calibration: Calibration, taxonomy: Taxonomy) -> bytes:
    """Returns the text of calibration.json, keyed by category so that columns cannot shift unnoticed."""
    names = [str(category) for category in taxonomy]
    rows: dict[str, dict[str, object]] = {
        name: {"slope": slope, "intercept": intercept}
        for name, slope, intercept in zip(names, calibration.slopes, calibration.intercepts, strict=True)
    }
    for column, added in enumerate(calibration.mixing):
        others = zip(names, added, strict=True)
        # Six decimals move a probability by at most some 1e-5, and a third of the file goes.
        rows[names[column]]["mixing"] = {name: round(value, 6) for name, value in others if name != names[column]}
    return json_text(rows)


def read_manifest(text: bytes, where: str) -> Manifest:
    """Returns the manifest in `text`. Errors name `where` it was read from."""
    document = FORMAT.parse(text, where)
    with FORMAT.refused(where):
        return Manifest(
            version=_version(take(document, "version", str)),
            kind=take(document, "kind", str),
            created=take(document, "created", str),
            taxonomy=_taxonomy(take(document, "taxonomy", dict)),
            seed=take(document, "seed", int),
            config=take(document, "config", dict),
            data=take(document, "data", dict),
            metrics={n: _metrics(named) for n, named in take(document, "metrics", dict).items()},
            libraries={n: typed(v, str, f"the version of {n}") for n, v in take(document, "libraries", dict).items()},
            files=read_records(document),
            run_id=take_text_or_none(document, "run_id") or "",
        )


def _version(text: str) -> str:
    if not _VERSION.fullmatch(text):
        raise ValueError(f"the version is {text[:100]!r}, not up to 100 letters, digits, dots, hyphens and underscores")
    return text


def read_thresholds(text: bytes, taxonomy: Taxonomy, where: str) -> Thresholds:
    """Returns the thresholds in `text`. All must belong to categories of the taxonomy."""
    document = FORMAT.parse_object(text, where)
    with FORMAT.refused(where):
        return read_threshold_values(document, taxonomy)


def read_threshold_values(document: Json, taxonomy: Taxonomy) -> Thresholds:
    """Returns the thresholds in JSON values. Raises ValueError or InvalidInputError."""
    by_category = {Label.parse(name): number(cut) for name, cut in take(document, "by_category", dict).items()}
    for category in by_category:
        taxonomy.column(category)
    return Thresholds(number(document.get("default")), by_category)


def read_calibration(text: bytes, taxonomy: Taxonomy, where: str) -> Calibration:
    """Returns the calibration in `text`, in the taxonomy's column order."""
    document = FORMAT.parse_object(text, where)
    with FORMAT.refused(where):
        rows = [take(document, category.identifier, dict) for category in taxonomy]
        if len(document) != len(rows):
            raise ValueError(f"it has {len(document)} categories where the model has {len(rows)}")
        return Calibration(
            tuple(number(row.get("slope")) for row in rows),
            tuple(number(row.get("intercept")) for row in rows),
            _mixing(rows, taxonomy),
        )


def _mixing(rows: Sequence[Json], taxonomy: Taxonomy) -> tuple[tuple[float, ...], ...]:
    if not any("mixing" in row for row in rows):
        return ()
    tables = [take(row, "mixing", dict) for row in rows]
    for own, table in zip(taxonomy, tables, strict=True):
        if len(table) != len(taxonomy) - 1 or own.identifier in table:
            raise ValueError(f"the mixing of {own} does not name every other category once")
    return tuple(
        tuple(0.0 if other == own else number(table.get(other.identifier)) for other in taxonomy)
        for own, table in zip(taxonomy, tables, strict=True)
    )


def _taxonomy(document: Json) -> Taxonomy:
    label_set = _label_set(document)
    taxonomy = Taxonomy(tuple(_category(row, label_set) for row in take(document, "categories", list)))
    recorded, computed = take(document, "fingerprint", str), taxonomy.fingerprint()
    if recorded != computed:
        raise ValueError(f"its categories have the fingerprint {computed[:12]}, but it records {recorded[:12]}")
    return taxonomy


def _label_set(document: Json) -> LabelSet:
    """Returns the label set. Older bundles do not record it, and have arXiv's."""
    said = take_text_or_none(document, "label_set") or LabelSet.ARXIV
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
    fields = typed(row, dict, "a category")
    parse: Callable[[str], Label] = Category.parse if label_set == LabelSet.ARXIV else Label.parse
    alias = take_text_or_none(fields, "alias")
    return CategoryInfo(
        category=parse(take(fields, "id", str)),
        name=take(fields, "name", str),
        group=take(fields, "group", str),
        description=take_text_or_none(fields, "description") or "",
        alias=parse(alias) if alias else None,
        started=take_text_or_none(fields, "started"),
        retired=take_text_or_none(fields, "retired"),
    )


def _metrics(named: object) -> Mapping[str, float]:
    values = typed(named, dict, "a split's metrics")
    return {name: math.nan if value is None else number(value) for name, value in values.items()}


def _or_null(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
