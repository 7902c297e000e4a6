"""Reads entries of a run's configuration for trackers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SweepTrial:
    """The name of a run's sweep, and its trial."""

    name: str
    trial: str


def sweep_trial(config: Mapping[str, object]) -> SweepTrial | None:
    """Returns the sweep in `config["sweep"]`, or None."""
    sweep = config.get("sweep")
    if not isinstance(sweep, Mapping) or not sweep.get("name"):
        return None
    return SweepTrial(str(sweep["name"]), str(sweep.get("trial", "")))


def flattened(config: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yields names joined by dots with their values. A list or an empty mapping becomes JSON."""
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            yield from flattened(value, f"{prefix}{key}.")
        elif value is None or isinstance(value, str | int | float):
            yield f"{prefix}{key}", value
        else:
            yield f"{prefix}{key}", json.dumps(value, default=str)
