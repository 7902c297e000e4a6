"""Reads a bundle's folder into a StoredModel, without its weights."""

import hashlib
import os
from dataclasses import replace
from pathlib import Path

from adapters.model_store.advice import read_advice
from adapters.model_store.integrity import REMEDY, check_files, check_names
from adapters.model_store.manifest import (
    CALIBRATION,
    FORMAT,
    MANIFEST,
    THRESHOLDS,
    Manifest,
    read_calibration,
    read_manifest,
    read_thresholds,
)
from adapters.model_store.policies import read_conformal, read_policies
from domain.calibration import Calibration
from domain.errors import CorruptModelError
from domain.model_bundle import ModelCard, StoredModel
from domain.thresholds import Thresholds


def is_bundle(folder: Path) -> bool:
    """Returns whether a folder is a bundle, including a damaged one without its manifest."""
    # os.path, because Path.is_file raises if the name is too long for the file system.
    return os.path.isfile(folder / MANIFEST) or os.path.isfile(folder / THRESHOLDS)


def read_bundle(folder: Path, *, verify: bool) -> StoredModel:
    """Returns the description of a bundle. With `verify`, every file's SHA-256 is compared with the manifest.

    Raises IncompatibleModelError or CorruptModelError.
    """
    try:
        manifest, digest = _manifest(folder)
        if verify:
            check_files(folder, manifest.files)
        thresholds, calibration = _decisions(folder, manifest)
        optional = {
            "advice": read_advice(folder, manifest.files, manifest.taxonomy),
            "policies": read_policies(folder, manifest.files, manifest.taxonomy),
            "conformal": read_conformal(folder, manifest.files),
        }
    except (OSError, ValueError) as error:  # ValueError: an invalid file name
        raise CorruptModelError(f"The model in {folder} cannot be read: {error}. {REMEDY}") from error
    sizes = {name: record.size for name, record in manifest.files.items()}
    card = replace(_card(manifest, thresholds, calibration), **optional)  # type: ignore[arg-type]  # three fields
    return StoredModel(card, manifest.version, folder, sizes, manifest.libraries, digest)


def _manifest(folder: Path) -> tuple[Manifest, str]:
    path = folder / MANIFEST
    if not path.is_file():
        raise CorruptModelError(f"The model in {folder} lacks its file {MANIFEST}. {REMEDY}")
    content = FORMAT.read(path)
    manifest = read_manifest(content, str(path))
    check_names(folder, manifest.files)
    for name in (THRESHOLDS, CALIBRATION):
        if name not in manifest.files:
            raise CorruptModelError(f"{path} does not list {name}, which every model has. {REMEDY}")
    return manifest, hashlib.sha256(content).hexdigest()


def _decisions(folder: Path, manifest: Manifest) -> tuple[Thresholds, Calibration]:
    thresholds, calibration = folder / THRESHOLDS, folder / CALIBRATION
    return (
        read_thresholds(thresholds.read_bytes(), manifest.taxonomy, str(thresholds)),
        read_calibration(calibration.read_bytes(), manifest.taxonomy, str(calibration)),
    )


def _card(manifest: Manifest, thresholds: Thresholds, calibration: Calibration) -> ModelCard:
    return ModelCard(
        kind=manifest.kind,
        taxonomy=manifest.taxonomy,
        thresholds=thresholds,
        calibration=calibration,
        seed=manifest.seed,
        created=manifest.created,
        config=manifest.config,
        data=manifest.data,
        metrics=manifest.metrics,
        run_id=manifest.run_id,
    )
