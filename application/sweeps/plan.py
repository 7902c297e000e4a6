"""Makes a plan, with checked parameters, from the definition of a sweep and a configuration."""

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain

from domain.errors import ConfigurationError
from domain.options import unknown_key
from domain.ports.classifier import ClassifierFamily
from domain.sweep import Hyperband, MedianStop, SweepDefinition, SweepPlan

DEFAULT_COUNT = 20


def plan_sweep(
    definition: SweepDefinition,
    family: ClassifierFamily,
    *,
    effective: Mapping[str, object],
    fingerprint: str,
    model: Mapping[str, object],
    seed: int,
    count: int | None,
    where: str,
) -> SweepPlan:
    """Returns the plan of a sweep.

    `effective` is the effective configuration with its options under `model`, `fingerprint` that of the papers, `model`
    the options as they were configured, and `where` names the definition in errors. Raises ConfigurationError for a
    parameter that the kind has no option for, or a value that it refuses.
    """
    options = effective["model"]
    assert isinstance(options, dict)
    tried = _checked_options(
        definition, family, options, kind=str(effective["kind"]), model=model, seed=seed, where=where
    )
    return SweepPlan(
        definition,
        identity=_identity(definition, effective, fingerprint),
        count=count or definition.run_cap or DEFAULT_COUNT,
        seed=seed,
        start=_start(definition, {**options, "seed": seed}),
        most_epochs=_most_epochs(tried),
    )


def with_pruner(definition: SweepDefinition, pruner: str | None) -> SweepDefinition:
    """Returns the definition with the rule `median`, `hyperband` or `none`. None keeps the definition's own rule."""
    if pruner is None or (pruner == "hyperband" and isinstance(definition.early_stop, Hyperband)):
        return definition
    stop = {"none": None, "median": MedianStop(), "hyperband": Hyperband(min_iter=1)}[pruner]
    document = {**definition.document, "early_terminate": {"type": pruner, "min_iter": 1}}
    if pruner != "hyperband":
        del document["early_terminate"]
    return replace(definition, early_stop=stop, document=document)


def with_parameters(
    model: Mapping[str, object], seed: int, parameters: Mapping[str, object]
) -> tuple[dict[str, object], int]:
    """Returns the options of a model and the seed as a trial's parameters change them.

    Raises ConfigurationError for a seed that is no whole number of 32 bits.
    """
    named = {name.removeprefix("model."): value for name, value in parameters.items()}
    found = named.pop("seed", seed)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < 2**32:
        raise ConfigurationError(f"A seed is a whole number from 0 to 4294967295, and not {found!r}.")
    return {**model, **named}, found


def _checked_options(
    definition: SweepDefinition,
    family: ClassifierFamily,
    options: Mapping[str, object],
    *,
    kind: str,
    model: Mapping[str, object],
    seed: int,
    where: str,
) -> dict[str, list[Mapping[str, object]]]:
    """For each parameter the options that hold with it at the ends of its range, those that follow from it included."""
    known = {*options, "seed"}
    tried: dict[str, list[Mapping[str, object]]] = {}
    for name, parameter in definition.parameters.items():
        if name.removeprefix("model.") not in known or name == "model.seed":
            raise ConfigurationError(unknown_key(name, known, where=f"{where}: parameters: kind {kind}"))
        for value in parameter.extremes:
            try:
                found = family.effective_options(with_parameters(model, seed, {name: value})[0])
            except ConfigurationError as error:
                raise ConfigurationError(f"{where}: parameters.{name}: {error}") from error
            tried.setdefault(name, []).append(found)
    return tried


def _identity(definition: SweepDefinition, effective: Mapping[str, object], fingerprint: str) -> dict[str, object]:
    """Returns the values that trials must share to be compared."""
    named = {key: value for key, value in definition.document.items() if key not in ("name", "description", "run_cap")}
    swept = {name.removeprefix("model.") for name in definition.parameters}
    model = effective["model"]
    assert isinstance(model, dict)
    fixed = {key: value for key, value in model.items() if key not in swept}
    stop = None if definition.early_stop is None else repr(definition.early_stop)
    whole = {**effective, "dataset": fingerprint, "model": fixed, "sweep": {**named, "early_terminate": stop}}
    identity: dict[str, object] = json.loads(json.dumps(whole))
    return identity


def _start(definition: SweepDefinition, options: Mapping[str, object]) -> dict[str, object]:
    """Returns the configuration's values of the parameters.

    A list of one is its member, which options accept for the list.
    """
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
