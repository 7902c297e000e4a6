"""Makes a plan, with checked parameters, from options and a sweep file."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import ConfigurationError
from domain.ports.dataset import Dataset
from domain.ports.sweeper import CLAIM
from domain.sweep import SweepPlan
from entrypoints import resources
from entrypoints.effective_configuration import effective_config
from entrypoints.settings import Settings
from entrypoints.yaml_files import read_yaml

if TYPE_CHECKING:
    from entrypoints.container import Container

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def planned(
    container: "Container",
    settings: Settings,
    dataset: Dataset,
    *,
    file: Path | None,
    name: str | None,
    pruner: str | None,
    count: int | None,
) -> SweepPlan:
    """Returns the plan of a sweep.

    Raises ConfigurationError for a parameter that is no option of the kind, and for a value that the kind refuses.
    """
    from application.sweeps.plan import plan_sweep, with_pruner

    path = file or _default_file(settings.kind)
    document = read_yaml(path, "sweep file", remedy="Name one with --sweep.")
    definition = container.sweep_definition(document, where=str(path), name=path.stem)
    definition = with_pruner(replace(definition, name=name or definition.name), pruner)
    if not _NAME.fullmatch(definition.name):
        raise ConfigurationError(
            f"A sweep cannot be called {definition.name!r}: its name is that of a folder. Say --name with letters, "
            "digits, dots, hyphens and underscores."
        )
    family = container.family(settings.kind)
    return plan_sweep(
        definition,
        family,
        effective=effective_config(settings, family),
        fingerprint=dataset.fingerprint(),
        model=settings.model,
        seed=settings.seed,
        count=count,
        where=str(path),
    )


def folder_of(settings: Settings, plan: SweepPlan) -> Path:
    """Returns the sweep's folder, and makes it if it is missing."""
    folder = settings.artifacts / "sweeps" / plan.definition.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The sweep cannot be kept in {folder}: {error.strerror}. Name another folder with --output."
        ) from error
    return folder


def known_folder(settings: Settings, plan: SweepPlan) -> Path:
    """Returns the folder of an existing sweep, or raises ConfigurationError, which lists the existing ones."""
    folder = settings.artifacts / "sweeps" / plan.definition.name
    if not (folder / CLAIM).is_file():
        names = sorted(path.parent.name for path in folder.parent.glob(f"*/{CLAIM}"))
        those = f"Those there are: {', '.join(names)}." if names else "There is none yet."
        raise ConfigurationError(f"There is no sweep {folder.name!r} in {folder.parent} to report on. {those}")
    return folder


def _default_file(kind: str) -> Path:
    path = resources.configs() / "sweeps" / f"{kind}.yaml"
    if not path.is_file():
        raise ConfigurationError(f"There is no sweep file for kind {kind}. Write one, and name it with --sweep.")
    return path
