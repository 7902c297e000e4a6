"""Small sweeps for tests."""

from typing import Any

from adapters.sweepers.definition import parse_definition
from domain.sweep import SweepPlan

SMALL: dict[str, Any] = {
    "method": "random",
    "metric": {"name": "validation_score", "goal": "maximize"},
    "parameters": {
        "learning_rate": {"distribution": "log_uniform_values", "min": 0.001, "max": 2.0},
        "epochs": {"values": [2, 3, 4]},
    },
}


def small_plan(count: int = 4, *, start: dict[str, object] | None = None, **changes: Any) -> SweepPlan:
    """A plan for two parameters; `changes` are keys of its sweep file."""
    document = {**SMALL, **changes}
    definition = parse_definition(document, where="small.yaml", name="small")
    identity = {"sweep": {key: value for key, value in document.items() if key != "run_cap"}}
    return SweepPlan(definition, identity, count, seed=3, start=start or {}, most_epochs=4)
