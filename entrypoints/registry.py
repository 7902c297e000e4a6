"""The adapter of each kind: one line each, imported at its first use."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from domain.errors import ConfigurationError, MissingPackageError

CLASSIFIERS: dict[str, str] = {
    "baseline": "adapters.classifiers.baseline:build",
    "minilm": "adapters.classifiers.minilm:build",
    "scibert": "adapters.classifiers.scibert:build",
    "specter": "adapters.classifiers.specter:build",
}

# Kinds that are made of stored models in place of fitting, with the reader of their members from a bundle.
COMPOSITES: dict[str, str] = {
    "ensemble": "adapters.classifiers.ensemble.members:read_members",
}

# Kinds whose encoder gives vectors.
EMBEDDERS: dict[str, str] = {
    "minilm": "adapters.classifiers.transformer.embedding:load_embedder",
    "scibert": "adapters.classifiers.transformer.embedding:load_embedder",
    "specter": "adapters.classifiers.transformer.embedding:load_embedder",
}

# Kinds whose logits have an exact decomposition; others are explained by leaving words out.
ATTRIBUTORS: dict[str, str] = {
    "baseline": "adapters.classifiers.baseline.attribution:attributor_of",
}

# Kinds that export the format `browser`, which an exported page runs.
PAGE_KINDS = ("baseline",)

TRACKERS: dict[str, str] = {
    "mlflow": "adapters.trackers.mlflow:build",
    "null": "adapters.trackers.null:build",
    "tensorboard": "adapters.trackers.tensorboard:build",
    "wandb": "adapters.trackers.weights_and_biases:build",
}

SWEEPERS: dict[str, str] = {
    "optuna": "adapters.sweepers.optuna:build",
    "wandb": "adapters.sweepers.weights_and_biases:build",
}

MODEL_REGISTRIES: dict[str, str] = {
    "filesystem": "adapters.registry.filesystem:build",
    "mlflow": "adapters.registry.mlflow:build",
}

PREDICTION_WRITERS: dict[str, str] = {
    "table": "adapters.prediction_writers.table:TableWriter",
    "jsonl": "adapters.prediction_writers.jsonl:JsonLinesWriter",
    "csv": "adapters.prediction_writers.csv:CsvWriter",
    "parquet": "adapters.prediction_writers.parquet:ParquetWriter",
}

# Processes that do work, on this machine or on others.
ENGINES: dict[str, str] = {
    "ray": "adapters.engines.ray_cluster:RayEngine",
}

# What there is one of. Papers come from arXiv itself by their last change (harvest) and by their ids (lookup).
ARXIV_HARVEST = "adapters.arxiv.oai_source:build"
ARXIV_LOOKUP = "adapters.arxiv.lookup:build"
FEEDBACK_STORE = "adapters.feedback_store.store:DjangoFeedbackStore"
HARVEST_STORE = "adapters.harvest_store.folder:FolderHarvestStore"
NEAR_DUPLICATES = "adapters.near_duplicates.minhash:MinHashDuplicates"
MODEL_STORE = "adapters.model_store.filesystem:FilesystemModelStore"
PAPER_INDEX = "adapters.paper_index.folder:FolderIndexStore"
PREDICTION_LOG = "adapters.prediction_log.json_lines:JsonLinesPredictionLog"
REPORT_WRITER = "adapters.report_writers.html:HtmlReport"
SEVERAL_TRACKERS = "adapters.trackers.several:SeveralTracker"
SPLIT_FILES = "adapters.datasets.split_files:SplitFiles"
SWEEP_REPORT = "adapters.sweep_reports.markdown:MarkdownReport"

# How files are recognised, and how one is written that readers see whole or not at all.
COMPRESSING = "adapters.datasets.compression:compressing"
FORMAT_OF = "adapters.datasets.formats:format_of"
IS_BUNDLE = "adapters.model_store.reading:is_bundle"
IS_OWN_FILE = "adapters.prediction_parts.folder:is_own_file"
KIND_OF_DATA = "adapters.datasets.text_check:kind_of"
PARTIAL_BESIDE = "adapters.files.whole:partial_beside"
READ_BUNDLE = "adapters.model_store.reading:read_bundle"
TAKE_PLACE = "adapters.files.whole:take_place"

LIBRARY_VERSIONS = "adapters.model_store.libraries:library_versions"

# What `doctor` looks at.
EXAMINATIONS: dict[str, str] = {
    "versions": "adapters.examinations.versions:Versions",
    "processor": "adapters.examinations.processor:Processor",
    "accelerators": "adapters.examinations.accelerators:Accelerators",
    "folders": "adapters.examinations.folders:Folders",
    "temporary files": "adapters.examinations.folders:TemporaryFolder",
    "hub cache": "adapters.examinations.network:HubCache",
    "port": "adapters.examinations.network:Ports",
    "network": "adapters.examinations.network:Hosts",
}

# The extra that brings a third-party package, for the sentence a missing one gets.
EXTRAS: dict[str, str] = {
    "aiohttp": "remote",
    "arxiv": "arxiv",
    "datasets": "hub",
    "datasketch": "audit",
    "huggingface_hub": "hub",
    "corsheaders": "serve",
    "django": "serve",
    "drf_spectacular": "serve",
    "drf_spectacular_sidecar": "serve",
    "fsspec": "remote",
    "gradio": "demo",
    "granian": "serve",
    "keras": "train",
    "matplotlib": "sweep",
    "mcp": "mcp",
    "mlflow": "mlflow",
    "nltk": "train",
    "onnx": "train",
    "opentelemetry": "tracing",
    "optuna": "sweep",
    "prometheus_client": "serve",
    "psycopg": "postgresql",
    "python_calamine": "xlsx",
    "rest_framework": "serve",
    "ray": "ray",
    "s3fs": "remote",
    "simplemma": "train",
    "tensorboard": "tensorboard",
    "tensorflow": "train",
    "usearch": "similar",
    "wandb": "wandb",
    "whitenoise": "serve",
}

_OWN_PACKAGES = frozenset({"domain", "application", "adapters", "entrypoints"})


def kinds() -> tuple[str, ...]:
    """Returns every kind of model that can be served, sorted."""
    return tuple(sorted({*CLASSIFIERS, *COMPOSITES}))


def find(table: Mapping[str, str], kind: str, *, what: str) -> Any:
    """Returns the attribute that a table names for a kind. An unknown kind is an error that lists the known ones."""
    if kind not in table:
        known = ", ".join(sorted(table))
        raise ConfigurationError(f"There is no {what} {kind!r}. Known are: {known}.")
    return load(table[kind])


def load(target: str) -> Any:
    """Imports the module of `module:attribute` and returns the attribute."""
    module, _, attribute = target.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise missing_package(error) from error


def missing_package(error: ModuleNotFoundError | MissingPackageError) -> Exception:
    """Returns the error for a third-party package that is not installed, with the command that installs it.

    A missing module of this project is a programmer's mistake, and its error is returned unchanged.
    """
    from entrypoints.installing import how_to_install

    if isinstance(error, MissingPackageError):
        return ConfigurationError(f"{error.reason} {how_to_install(error.extra)}")
    package = (error.name or "").partition(".")[0]
    if not package or package in _OWN_PACKAGES or package in sys.stdlib_module_names:
        return error
    extra = EXTRAS.get(package)
    told = f"This needs the package {package}, which is not installed."
    return ConfigurationError(f"{told} {how_to_install(extra, package)}")
