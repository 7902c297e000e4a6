"""Parses sweep files in the format of Weights & Biases, and rejects everything that would have no effect."""

import math
from collections.abc import Mapping
from typing import Any

from adapters.sweepers.parameters import read_parameters
from domain.errors import ConfigurationError
from domain.options import unknown_key
from domain.ports.classifier import EPOCH_METRICS
from domain.sweep import Choice, EarlyStop, Goal, Hyperband, MedianStop, Method, Metric, SweepDefinition

_KEYS = {"name", "description", "method", "metric", "parameters", "early_terminate", "run_cap"}
# Keys of Weights & Biases that have no effect here, because each trial is a training of this program.
_MEANINGLESS = {
    "program": "each trial is a training of this program",
    "command": "each trial is a training of this program",
    "entity": "say it under tracking in the configuration",
    "project": "say it under tracking in the configuration",
    "prior_runs": "a sweep takes up its own trials by itself",
    "controller": "the choice of trials is the sweeper's",
}


def parse_definition(content: object, *, where: str, name: str) -> SweepDefinition:
    """Returns the sweep that a document describes. `name` is its default name.

    Raises ConfigurationError for anything unknown or unsupported.
    """
    document = _document(content, where)
    definition = SweepDefinition(
        name=_text(document.get("name", name), f"{where}: name") or name,
        description=_text(document.get("description", ""), f"{where}: description"),
        method=Method(_one_of(document.get("method"), tuple(Method), f"{where}: method")),
        metric=_metric(document.get("metric"), where),
        parameters=read_parameters(document.get("parameters"), where=f"{where}: parameters"),
        early_stop=_early_stop(document.get("early_terminate"), f"{where}: early_terminate"),
        run_cap=_whole(document, "run_cap", where),
        document=document,
    )
    _refuse_endless_grid(definition, where)
    return definition


def _document(content: object, where: str) -> dict[str, Any]:
    if not isinstance(content, dict) or not content:
        raise ConfigurationError(f"The sweep file {where} holds no mapping. It needs method and parameters.")
    for key in content:
        if key in _MEANINGLESS:
            raise ConfigurationError(f"{where} has {key}, which is not supported: {_MEANINGLESS[key]}. Leave it out.")
        if key not in _KEYS:
            raise ConfigurationError(unknown_key(str(key), _KEYS, where=f"The sweep file {where}"))
    for key in ("method", "parameters"):
        if key not in content:
            raise ConfigurationError(f"The sweep file {where} lacks {key}.")
    return content


def _metric(content: object, where: str) -> Metric:
    if content is None:
        return Metric()
    fields = _fields(content, {"name", "goal"}, f"{where}: metric")
    goal = Goal(_one_of(fields.get("goal", "minimize"), tuple(Goal), f"{where}: metric.goal"))
    name = _text(fields.get("name", ""), f"{where}: metric.name")
    if not name:
        raise ConfigurationError(f"{where}: metric lacks name. Trainings report {' and '.join(EPOCH_METRICS)}.")
    if name not in EPOCH_METRICS:
        raise ConfigurationError(
            f"{where}: metric.name is {name!r}, which no epoch reports. Trials can be compared by "
            f"{' or '.join(EPOCH_METRICS)}."
        )
    return Metric(name, goal)


def _early_stop(content: object, where: str) -> EarlyStop | None:
    if content is None:
        return None
    fields = _fields(content, {"type", "min_iter", "max_iter", "eta", "s", "strict"}, where)
    kind = _one_of(fields.get("type"), ("hyperband", "median"), f"{where}.type")
    if kind == "median":
        _fields(content, {"type"}, f"{where} of type median")
        return MedianStop()
    if ("min_iter" in fields) == ("max_iter" in fields):
        raise ConfigurationError(f"{where} needs one of min_iter and max_iter.")
    if ("s" in fields) != ("max_iter" in fields):
        raise ConfigurationError(f"{where} needs s with max_iter, and only with it.")
    eta = fields.get("eta", 3)
    if isinstance(eta, bool) or not isinstance(eta, int | float) or not 1 < eta < math.inf:
        raise ConfigurationError(f"{where}.eta is {eta!r}; it must be a number above 1.")
    strict = fields.get("strict", False)
    if not isinstance(strict, bool):
        raise ConfigurationError(f"{where}.strict is {strict!r}; it must be true or false.")
    bounds = {key: _whole(fields, key, where) for key in ("min_iter", "max_iter", "s")}
    return Hyperband(eta=eta, strict=strict, **bounds)


def _refuse_endless_grid(definition: SweepDefinition, where: str) -> None:
    if definition.method != Method.GRID:
        return
    for name, parameter in definition.parameters.items():
        if not isinstance(parameter, Choice):
            raise ConfigurationError(
                f"{where}: parameters.{name} is a range, which a grid cannot run through. List its values."
            )


def _fields(content: object, known: set[str], where: str) -> Mapping[str, Any]:
    if not isinstance(content, Mapping):
        raise ConfigurationError(f"{where} is {content!r}, not a mapping.")
    for key in content:
        if key not in known:
            raise ConfigurationError(unknown_key(str(key), known, where=where))
    return content


def _whole(fields: Mapping[str, Any], key: str, where: str) -> int | None:
    value = fields.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ConfigurationError(f"{where}: {key} is {value!r}; it must be a whole number from 1.")
    return value


def _one_of(value: object, known: tuple[str, ...], where: str) -> str:
    if value not in known:
        raise ConfigurationError(f"{where} is {value!r}; it must be one of {', '.join(known)}.")
    return str(value)


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{where} is {value!r}, not a text.")
    return value
