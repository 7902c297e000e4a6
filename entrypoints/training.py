"""The parts of a training that every interface shares: its papers, its labels and the folder for its checkpoints."""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import ArxivClassifierError, ConfigurationError
from domain.paper_columns import KeepPapers
from domain.ports.classifier import TEMPORARY
from domain.ports.dataset import Dataset, OnBadRecord
from domain.taxonomy import Taxonomy
from entrypoints.settings import Settings
from entrypoints.shares import shares_of

if TYPE_CHECKING:
    from application.papers.splitting import Splits
    from application.train import TrainCommand, TrainResult
    from entrypoints.container import Container

    OnRead = Callable[[Splits, Taxonomy], None]


def run_training(container: "Container", dataset: Dataset, command: "TrainCommand", on_read: "OnRead") -> "TrainResult":
    """Trains on a data set and removes the workspace, unless the training ends with an error.

    `on_read` gets the papers and the labels before anything is learnt from them.
    """
    workspace = command.workspace
    try:
        with container.papers_on_disk(workspace / f"{TEMPORARY}texts") as keep:
            splits, taxonomy = papers_to_train(
                container, dataset, command.on_bad_record, strict=command.strict, on_read=on_read, keep=keep
            )
            result = container.train(dataset, taxonomy)(replace(command, splits=splits))
        shutil.rmtree(workspace)
    finally:
        _remove_empty(workspace, workspace.parent)
    return result


def papers_to_train(
    container: "Container",
    dataset: Dataset,
    on_bad_record: OnBadRecord,
    *,
    strict: bool,
    on_read: "OnRead",
    keep: KeepPapers = list,
) -> "tuple[Splits, Taxonomy]":
    """Returns the splits of a data set and the labels of the training papers or of the settings.

    `on_read` gets both. `keep` keeps the training papers, by default in memory.
    Raises InvalidInputError if too many records cannot be read, or if papers have none of the labels.
    """
    from application.papers.label_checks import refuse_unlabelled
    from application.papers.population import weighed
    from application.papers.readability import CountedDataset
    from application.papers.splitting import SplitPolicy, read_splits

    settings = container.settings()
    counted = CountedDataset(dataset)
    try:
        splits = read_splits(
            counted,
            SplitPolicy(settings.split_by),
            limit_samples=settings.limit_samples,
            seed=settings.seed,
            on_bad_record=on_bad_record,
            strict=strict,
            keep=keep,
        )
    except ArxivClassifierError:
        counted.refuse_unreadable(settings.max_unreadable)  # mistakes in the records may be the cause
        raise
    counted.refuse_unreadable(settings.max_unreadable)
    splits = weighed(splits, shares_of(settings), dataset.name)
    taxonomy = container.taxonomy(splits.train)
    refuse_unlabelled(splits, taxonomy, dataset.name)
    on_read(splits, taxonomy)
    return splits, taxonomy


def workspace_of(settings: Settings, config: Mapping[str, object], fingerprint: str) -> Path:
    """Returns a folder for checkpoints that only the same training finds again after a kill."""
    identity = json.dumps([config, fingerprint], sort_keys=True)
    name = f"{settings.kind}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    folder = settings.artifacts / ".workspaces" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"Models cannot be kept in {settings.artifacts}: {error.strerror}. Name another folder with --output."
        ) from error
    return folder


def has_checkpoints(workspace: Path) -> bool:
    """Returns whether a training has begun in a workspace and can go on."""
    return any(not path.name.startswith(TEMPORARY) for path in workspace.iterdir())


def _remove_empty(*folders: Path) -> None:
    """Removes folders without checkpoints. Checkpoints stay for the next attempt."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()
