"""The description of a saved model, which is known without loading its weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from domain.advice_fit import AdviceFit
from domain.calibration import Calibration
from domain.conformal import ConformalScores
from domain.policy import Policy
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class ModelCard:
    """The record of a training in its bundle.

    `config` is the effective configuration. `metrics` are keyed by split, then by name. `data` names the source with
    its fingerprint and row counts. `run_id` identifies the run in the logs and in the tracker. `advice` is None for
    models with labels of their own, and for those stored by earlier versions of the program. `policies` are named
    thresholds. `conformal` has the scores that a coverage needs, if the model was tuned on enough papers.
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
    advice: AdviceFit | None = None
    policies: Mapping[str, Policy] = field(default_factory=dict)
    conformal: ConformalScores | None = None


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A bundle in a store: its card, its version, its folder, and its files with their sizes in bytes.

    `digest` is the SHA-256 (hex) of the manifest, which lists the hashes of all files, so bundles with equal digests
    are equal.
    `shipped_as` is the name of a model that comes with the program, such as `baseline` or `arxiv`, else empty.
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
        """`kind/version`. A shipped model of another name, such as `arxiv`, has that name before its version."""
        return f"{self.shipped_as or self.card.kind}/{self.version}"
