"""From options and a sweep file to a plan whose every parameter was checked."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from domain.errors import ConfigurationError
from domain.options import unknown_key
from domain.ports.classifier import ClassifierFamily
from domain.ports.sweeper import CLAIM
from domain.sweep import Hyperband, MedianStop, SweepDefinition, SweepPlan
from entrypoints import resources
from entrypoints.cli.sweeps.trials import with_parameters
from entrypoints.effective_configuration import effective_config
from entrypoints.settings import Settings
from entrypoints.yaml_files import read_yaml

if TYPE_CHECKING:
    from entrypoints.container import Container

DEFAULT_COUNT = 20
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def planned(
    container: "Container",
    settings: Settings,
    *,
    file: Path | None,
    name: str | None,
    pruner: str | None,
    count: int | None,
) -> SweepPlan:
    """The plan; ConfigurationError for a parameter that the kind has no option for, or a value that it refuses."""
    path = file or _default_file(settings.kind)
    document = read_yaml(path, "sweep file", remedy="Name one with --sweep.")
    definition = container.sweep_definition(document, where=str(path), name=path.stem)
    definition = _with_pruner(replace(definition, name=name or definition.name), pruner)
    if not _NAME.fullmatch(definition.name):
        raise ConfigurationError(
            f"A sweep cannot be called {definition.name!r}: its name is that of a folder. Say --name with letters, "
            "digits, dots, hyphens and underscores."
        )
    family = container.family(settings.kind)
    effective = effective_config(settings, family)
    options = effective["model"]
    assert isinstance(options, dict)
    tried = _checked_options(definition, settings, family, options, where=str(path))
    return SweepPlan(
        definition,
        identity=_identity(definition, effective, container.dataset().fingerprint()),
        count=count or definition.run_cap or DEFAULT_COUNT,
        seed=settings.seed,
        start=_start(definition, {**options, "seed": settings.seed}),
        most_epochs=_most_epochs(tried),
    )


def folder_of(settings: Settings, plan: SweepPlan) -> Path:
    """The sweep's folder, made where it is not there."""
    folder = settings.artifacts / "sweeps" / plan.definition.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"The sweep cannot be kept in {folder}: {error.strerror}. Name another folder with --output."
        ) from error
    return folder


def known_folder(settings: Settings, plan: SweepPlan) -> Path:
    """The folder of a sweep that there is; ConfigurationError naming those that there are where it is none."""
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


def _with_pruner(definition: SweepDefinition, pruner: str | None) -> SweepDefinition:
    if pruner is None or (pruner == "hyperband" and isinstance(definition.early_stop, Hyperband)):
        return definition
    stop = {"none": None, "median": MedianStop(), "hyperband": Hyperband(min_iter=1)}[pruner]
    document = {**definition.document, "early_terminate": {"type": pruner, "min_iter": 1}}
    if pruner != "hyperband":
        del document["early_terminate"]
    return replace(definition, early_stop=stop, document=document)


def _checked_options(
    definition: SweepDefinition, settings: Settings, family: ClassifierFamily, options: dict[str, object], *, where: str
) -> dict[str, list[Mapping[str, object]]]:
    """For each parameter the options that hold with it at the ends of its range, those that follow from it included."""
    known = {*options, "seed"}
    tried: dict[str, list[Mapping[str, object]]] = {}
    for name, parameter in definition.parameters.items():
        if name.removeprefix("model.") not in known or name == "model.seed":
            raise ConfigurationError(unknown_key(name, known, where=f"{where}: parameters: kind {settings.kind}"))
        for value in parameter.extremes:
            try:
                found = family.effective_options(with_parameters(settings, {name: value}).model)
            except ConfigurationError as error:
                raise ConfigurationError(f"{where}: parameters.{name}: {error}") from error
            tried.setdefault(name, []).append(found)
    return tried


def _identity(definition: SweepDefinition, effective: dict[str, object], fingerprint: str) -> dict[str, object]:
    """What trials must share to be compared."""
    named = {key: value for key, value in definition.document.items() if key not in ("name", "description", "run_cap")}
    swept = {name.removeprefix("model.") for name in definition.parameters}
    model = effective["model"]
    assert isinstance(model, dict)
    fixed = {key: value for key, value in model.items() if key not in swept}
    stop = None if definition.early_stop is None else repr(definition.early_stop)
    whole = {**effective, "dataset": fingerprint, "model": fixed, "sweep": {**named, "early_terminate": stop}}
    identity: dict[str, object] = json.loads(json.dumps(whole))
    return identity


def _start(definition: SweepDefinition, options: dict[str, object]) -> dict[str, object]:
    """What the configuration says of the parameters; of a list of one, its member, which options take for the list."""
    said = {name: options[name.removeprefix("model.")] for name in definition.parameters}
    return {
        name: value[0]
        if isinstance(value, list) and len(value) == 1 and not definition.parameters[name].holds(value)
        else value
        for name, value in said.items()
    }


def _most_epochs(tried: Mapping[str, list[Mapping[str, object]]]) -> int | None:
    swept = tried.get("epochs") or tried.get("model.epochs")
    said = (options.get("epochs") for options in swept or chain.from_iterable(tried.values()))
    return max((each for each in said if isinstance(each, int)), default=None)
