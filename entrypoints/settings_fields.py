"""The settings with their defaults, and the names they have in the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

from domain.abstract import MAX_CHARACTERS
from domain.model_in_use import DEFAULT_MODEL

ENVIRONMENT_PREFIX = "ARXIV_CLASSIFIER_"
CONFIG_VARIABLE = "ARXIV_CLASSIFIER_CONFIG"
# Names that are older than the prefix.
UNPREFIXED = {"MODEL_PATH": "model_path", "MODEL_TYPE": "kind", "DEBUG": "debug"}
# Options that an adapter reads and checks.
FREE_FORM = ("model", "tracking", "registry_options", "api", "arxiv", "columns")


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective configuration. Fields in FREE_FORM hold options that their adapter reads and checks.

    The documentation shows the text under each field.
    """

    kind: str = "baseline"
    """The kind of model that is trained. If it is named without a path, it is also the kind that is served."""
    model_path: str | None = None
    """The model that is served: a folder, a file in it, `kind/version`, or `registry:NAME@ALIAS`. Without it and
    without a named `kind`, the model in use."""
    artifacts: Path = Path("artifacts")
    """The folder in which models are written and looked for."""
    debug: bool = False
    """Whether an error shows its traceback in place of one sentence."""
    log_format: str = "auto"
    """The format of the log: `console`, `json`, or `auto`, which is `console` on a terminal."""
    log_level: str = "info"
    """The lowest level of lines that are written."""
    max_characters: int = MAX_CHARACTERS
    """The longest abstract or title that is read."""
    prediction_batch_size: int = 512
    """Abstracts per step in bulk prediction."""
    close_categories: bool = True
    """Whether a paper gets only categories that arXiv had when it was filed."""
    dataset: str | None = None
    """The source of labelled papers: a file, a folder or a hub id. `train`, `sweep`, `ensemble`, `evaluate` and `data`
    need it."""
    columns: Mapping[str, object] = field(default_factory=dict)
    """The names of the source's columns by field: `{abstract: Summary}`."""
    label_set: str = "auto"
    """The label set of the papers: `arxiv`, `own`, or `auto`, which detects it."""
    separator: str | None = None
    """The separator of labels of your own in a cell: `semicolon`, `comma`, `bar` or `none`. Without it, the separator
    is found."""
    categories: str | tuple[str, ...] | None = None
    """Labels that a model learns: `all`, `current` (all but the retired ones), `top:20`, names separated by commas, a
    JSON file, or a list. Without it, those of `configs/categories.json`, or all labels of your own."""
    min_papers: int = 1
    """Labels with fewer training papers are left out."""
    label_names: Path | None = None
    """A file with the names of labels: CSV with the columns label and name, or a JSON object."""
    max_unreadable: float = 0.01
    """A training stops if a larger share of the records cannot be read."""
    split_by: str = "time"
    """How papers are divided into training, validation and test: `time`, `hash` or `source`."""
    limit_samples: int | None = None
    """At most this many papers of each split, drawn at random with the seed."""
    weights: str | None = None
    """Shares of primary categories that weight the papers: a CSV or JSON file, or `arxiv`."""
    seed: int = 0
    """The seed of all random choices."""
    tracker: str | tuple[str, ...] = "null"
    """The tracker that records runs: `null`, `wandb`, `mlflow`, `tensorboard`, or a list of them."""
    tracking: Mapping[str, object] = field(default_factory=dict)
    """Options of the tracker, or of each tracker under its name."""
    registry: str = "filesystem"
    """The registry of models: `filesystem` or `mlflow`."""
    registry_options: Mapping[str, object] = field(default_factory=dict)
    """Options of the registry."""
    model: Mapping[str, object] = field(default_factory=dict)
    """Options of the kind of model. Each kind checks its own. `train` sets some by `--epochs`, `--batch-size`,
    `--checkpoint` and `--freeze-encoder`."""
    api: Mapping[str, object] = field(default_factory=dict)
    """Options of the REST API."""
    arxiv: Mapping[str, object] = field(default_factory=dict)
    """Options of requests to arXiv, for `data harvest` and `predict --arxiv`."""
    demo_arxiv: bool = False
    """Whether the web page fetches papers from arXiv by their identifiers."""
    kind_named: bool = field(default=False, repr=False, compare=False)
    """Whether a flag, the environment or a file named the kind. This is no setting."""

    @property
    def model_reference(self) -> str:
        """The reference for a model store: the path, or else the kind if it is named, or else the model in use."""
        return self.model_path or (self.kind if self.kind_named else DEFAULT_MODEL)


# The names of all settings, in their order.
NAMES = tuple(each.name for each in fields(Settings) if each.name != "kind_named")
