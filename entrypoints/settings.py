"""The settings and their sources: flag, environment, --config file, the kind's YAML, base.yaml, defaults."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from domain.abstract import MAX_CHARACTERS
from domain.errors import ConfigurationError
from domain.model_in_use import DEFAULT_MODEL
from domain.options import unknown_key
from entrypoints import resources
from entrypoints.registry import kinds
from entrypoints.yaml_files import read_yaml

ENVIRONMENT_PREFIX = "ARXIV_CLASSIFIER_"
CONFIG_VARIABLE = "ARXIV_CLASSIFIER_CONFIG"
# Names that are older than the prefix.
UNPREFIXED = {"MODEL_PATH": "model_path", "MODEL_TYPE": "kind", "DEBUG": "debug"}
# Prefixed variables that are no settings: the file of settings, and the real papers of tests and benchmarks.
_OTHER_VARIABLES = frozenset({"config", "data"})
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


def load_settings(flags: Mapping[str, object] | None = None, *, config: Path | None = None) -> Settings:
    """Returns the effective settings. A flag of None is absent. Without `config` the environment may name a file.

    Raises ConfigurationError with the file or variable, the value found and the accepted values.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    said_in_environment = _environment_settings()
    if config is None and os.environ.get(CONFIG_VARIABLE):
        config = Path(os.environ[CONFIG_VARIABLE])
    named = given.get("kind") or os.environ.get("MODEL_TYPE")
    files = _merged_files(config, named)
    # base.yaml repeats the default kind, which does not count as naming one.
    kind_named = bool(named or files.get("kind", Settings().kind) != Settings().kind or _names_kind(config))
    if not given and not said_in_environment and _restates_defaults(files):
        options = {name: _options(files, name) for name in FREE_FORM}
        return Settings(**options, kind_named=kind_named)  # type: ignore[arg-type]  # mappings
    # pydantic-settings takes 0.3 s to import, a third of the limit of a cold `predict --text`, and a
    # configuration of defaults is valid already.
    from entrypoints.settings_model import validated

    return replace(validated(given, files), kind_named=kind_named)


def merged(over: Mapping[str, object], under: Mapping[str, object]) -> dict[str, object]:
    """Returns both mappings merged, with nested mappings merged too. `over` wins."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        result[key] = merged(value, below) if isinstance(value, Mapping) and isinstance(below, Mapping) else value
    return result


def read_file(path: Path) -> dict[str, object]:
    """Returns one YAML file's settings, and refuses unknown keys."""
    content = read_yaml(path, "configuration") or {}
    if not isinstance(content, dict):
        raise ConfigurationError(f"The configuration {path} is a {type(content).__name__}, not a mapping of settings.")
    for key in content:
        if key not in NAMES:
            raise ConfigurationError(unknown_key(str(key), set(NAMES), where=f"The configuration {path}"))
    return content


def _merged_files(config: Path | None, kind: object) -> dict[str, object]:
    folder = resources.configs()
    base = read_file(folder / "base.yaml") if (folder / "base.yaml").is_file() else {}
    own = read_file(config) if config else {}
    kind = kind or own.get("kind") or base.get("kind") or Settings().kind
    if kind not in kinds():
        raise ConfigurationError(f"There is no kind of model {kind!r}. Known are: {', '.join(kinds())}.")
    file_of_kind = folder / f"{kind}.yaml"
    files = merged(own, merged(read_file(file_of_kind) if file_of_kind.is_file() else {}, base))
    return files | {name: _options(files, name) for name in FREE_FORM}


def _names_kind(config: Path | None) -> bool:
    return config is not None and read_file(config).get("kind") is not None


def _options(files: Mapping[str, object], name: str) -> Mapping[str, object]:
    options = files.get(name) or {}
    if not isinstance(options, Mapping):
        raise ConfigurationError(f"The setting {name} is {options!r}, not a mapping of options.")
    return options


def _environment_settings() -> list[str]:
    found = [name for name in UNPREFIXED if os.environ.get(name)]
    known = {*NAMES, *_OTHER_VARIABLES} - set(UNPREFIXED.values())
    for variable in os.environ:
        if not variable.startswith(ENVIRONMENT_PREFIX):
            continue
        name = variable.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")[0]
        if name not in known:
            names = {*(ENVIRONMENT_PREFIX + other.upper() for other in known), *UNPREFIXED}
            raise ConfigurationError(unknown_key(variable, names, where="The environment"))
        if name not in _OTHER_VARIABLES:
            found.append(variable)
    return found


def _restates_defaults(files: Mapping[str, object]) -> bool:
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in _DEFAULTS.items()}
    return all(value == plain[name] for name, value in files.items() if name not in FREE_FORM)


# The names of all settings, in their order.
NAMES = tuple(each.name for each in fields(Settings) if each.name != "kind_named")
_DEFAULTS = {name: getattr(Settings(), name) for name in NAMES}
