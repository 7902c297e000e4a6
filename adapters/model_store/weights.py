"""Copies the weights of a bundle: all files whose content the model's card does not hold."""

import shutil
from pathlib import Path

from adapters.model_store.advice import ADVICE, PRIMARY
from adapters.model_store.manifest import CALIBRATION, THRESHOLDS
from adapters.model_store.policies import CONFORMAL, POLICIES
from domain.model_bundle import StoredModel


def copy_weights(stored: StoredModel, folder: Path) -> None:
    """Copies the weight files of a stored model into an existing folder."""
    for name in stored.files:
        if name not in (CALIBRATION, THRESHOLDS, ADVICE, PRIMARY, POLICIES, CONFORMAL):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(stored.folder / name, target)
