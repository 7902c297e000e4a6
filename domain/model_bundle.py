"""A saved model: what is known of it without loading its weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from domain.calibration import Calibration
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class ModelCard:
    """What a bundle records of a training: enough to repeat it and to judge it.

    `config` is the effective configuration, `metrics` are by split then name, `data` names the source with its
    fingerprint and row counts. `run_id` is in the log lines and the tracker's record of the run that made the model.
    """

    kind: str
    taxonomy: Taxonomy
    thresholds: Thresholds
    calibration: Calibration
    seed: int
    created: str
    config: Mapping[str, object] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    run_id: str = ""


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A bundle in a store: its card, its version, the folder with its files and their sizes in bytes.

    `digest` is the SHA-256 (hex) of its manifest, which lists those of its files: two bundles that share it are one.
    `shipped_as` is the name of a model that comes with the program, such as `baseline` or `arxiv`; others have none.
    """

    card: ModelCard
    version: str
    folder: Path
    files: Mapping[str, int] = field(default_factory=dict)
    libraries: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    shipped_as: str = ""

    @property
    def name(self) -> str:
        """`kind/version`."""
        return f"{self.card.kind}/{self.version}"
