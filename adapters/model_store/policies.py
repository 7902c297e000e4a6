"""A bundle's two optional files for decisions: policies.json, and conformal.safetensors with scores.

docs/model-bundles.md describes them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.files.json_fields import Json, json_text, number, take, take_positive, typed
from adapters.model_store.manifest import FORMAT, read_threshold_values, threshold_values
from domain.conformal import ConformalScores
from domain.policy import Expectation, Goal, Policy
from domain.taxonomy import Taxonomy

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

POLICIES = "policies.json"
CONFORMAL = "conformal.safetensors"


def write_policies(folder: Path, policies: Mapping[str, Policy]) -> None:
    """Writes policies.json."""
    (folder / POLICIES).write_bytes(json_text({name: _policy_json(each) for name, each in policies.items()}))


def read_policies(folder: Path, listed: Mapping[str, object], taxonomy: Taxonomy) -> dict[str, Policy]:
    """Returns the policies by name, or none if the bundle has no such file; OSError when it is missing.

    Raises CorruptModelError for content that no `write_policies` writes.
    """
    if POLICIES not in listed:
        return {}
    where = str(folder / POLICIES)
    document = FORMAT.parse_object((folder / POLICIES).read_bytes(), where)
    with FORMAT.refused(where):
        return {name: _policy(name, typed(each, dict, name), taxonomy) for name, each in document.items()}


def write_conformal(folder: Path, fit: ConformalScores) -> None:
    """Writes conformal.safetensors: a tensor of probabilities for each group, and one of weights if there are any."""
    import numpy as np
    from safetensors.numpy import save_file

    parts = {"least": fit.least, "weights": fit.weights}
    tensors = {
        f"{part}/{group}": np.array(values, np.float32) for part, by in parts.items() for group, values in by.items()
    }
    save_file(tensors, folder / CONFORMAL)


def read_conformal(folder: Path, listed: Mapping[str, object]) -> ConformalScores | None:
    """Returns the scores, or None if the bundle has no such file; OSError when it is missing.

    Raises CorruptModelError for content that no `write_conformal` writes.
    """
    if CONFORMAL not in listed:
        return None
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    with FORMAT.refused(str(folder / CONFORMAL)):
        try:
            tensors = load_file(folder / CONFORMAL)
        except SafetensorError as error:
            raise ValueError(f"{CONFORMAL} is no safetensors file: {error}") from error
        parts: dict[str, dict[str, tuple[float, ...]]] = {"least": {}, "weights": {}}
        for name, tensor in tensors.items():
            part, slash, group = name.partition("/")
            if part not in parts or not slash:
                raise ValueError(f"{CONFORMAL} has the tensor {name!r}, which no model has")
            parts[part][group] = _column(name, tensor)
        return ConformalScores(parts["least"], parts["weights"])


def _column(name: str, tensor: "NDArray[np.generic]") -> tuple[float, ...]:
    if tensor.ndim != 1 or tensor.dtype != "float32" or not tensor.size:
        raise ValueError(f"the tensor {name} is not a column of float32")
    return tuple(tensor.tolist())


def _policy_json(policy: Policy) -> Json:
    return {
        "goal": str(policy.goal),
        "papers": policy.papers,
        "thresholds": threshold_values(policy.thresholds),
        "expected": {name: [each.value, each.low, each.high] for name, each in policy.expected.items()},
        "curve": {name: list(column) for name, column in policy.curve.items()},
    }


def _policy(name: str, document: Json, taxonomy: Taxonomy) -> Policy:
    curve = {
        key: tuple(number(each) for each in typed(column, list, key))
        for key, column in take(document, "curve", dict).items()
    }
    expected = {key: _expectation(key, value) for key, value in take(document, "expected", dict).items()}
    thresholds = read_threshold_values(take(document, "thresholds", dict), taxonomy)
    goal = Goal.parse(take(document, "goal", str))
    return Policy(name, goal, thresholds, expected, curve, take_positive(document, "papers"))


def _expectation(name: str, value: object) -> Expectation:
    numbers = [number(each) for each in typed(value, list, name)]
    if len(numbers) != 3:
        raise ValueError(f"{name} has {len(numbers)} numbers, not a value with two bounds")
    return Expectation(*numbers)
