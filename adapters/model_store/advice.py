"""A bundle's two files for advice: advice.json has the thresholds, primary.safetensors the head.

docs/model-bundles.md describes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from adapters.files.json_fields import json_text, number, take, typed
from adapters.model_store.manifest import FORMAT
from domain.advice_fit import AdviceFit, AdviceThresholds, PrimaryHead
from domain.label import Label
from domain.taxonomy import Taxonomy

ADVICE = "advice.json"
PRIMARY = "primary.safetensors"


def write_advice(folder: Path, fit: AdviceFit) -> None:
    """Writes both files."""
    import numpy as np
    from safetensors.numpy import save_file

    names = [str(category) for category in fit.head.primaries]
    (folder / ADVICE).write_bytes(json_text({"primaries": names, "thresholds": asdict(fit.thresholds)}))
    weights = np.array(fit.head.weights, np.float32)
    save_file({"weights": weights, "intercepts": np.array(fit.head.intercepts, np.float32)}, folder / PRIMARY)


def read_advice(folder: Path, listed: Mapping[str, object], taxonomy: Taxonomy) -> AdviceFit | None:
    """Returns what `write_advice` wrote, or None when the bundle lists neither file; OSError when one is missing.

    Raises CorruptModelError for one without the other, or with content that no `write_advice` writes.
    """
    present = [name for name in (ADVICE, PRIMARY) if name in listed]
    if not present:
        return None
    document = FORMAT.parse_object((folder / ADVICE).read_bytes(), str(folder / ADVICE)) if len(present) > 1 else {}
    with FORMAT.refused(str(folder / ADVICE)):
        if len(present) == 1:
            raise ValueError(f"the manifest lists {present[0]} without the other file for advice")
        return AdviceFit(_head(folder, document, taxonomy), _thresholds(take(document, "thresholds", dict)))


def _head(folder: Path, document: Mapping[str, object], taxonomy: Taxonomy) -> PrimaryHead:
    primaries = tuple(Label.parse(typed(name, str, "a primary")) for name in take(document, "primaries", list))
    for category in primaries:
        if category not in taxonomy:
            raise ValueError(f"{category} is none of the model's categories")
    own = [taxonomy.infos[taxonomy.column(category)].category for category in primaries]
    weights, intercepts = _tensors(folder / PRIMARY)
    return PrimaryHead(tuple(own), tuple(map(tuple, weights)), tuple(intercepts))


def _tensors(path: Path) -> tuple[Sequence[Sequence[float]], Sequence[float]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path.name} is no safetensors file: {error}") from error
    found = tensors.get("weights"), tensors.get("intercepts")
    for tensor, dimensions in zip(found, (2, 1), strict=True):
        if tensor is None or tensor.ndim != dimensions or tensor.dtype != "float32":
            raise ValueError(f"{path.name} lacks the float32 tensors weights and intercepts")
    return found[0].tolist(), found[1].tolist()  # type: ignore[union-attr]  # neither is None


def _thresholds(document: Mapping[str, object]) -> AdviceThresholds:
    names = [each.name for each in fields(AdviceThresholds)]
    if sorted(document) != sorted(names):
        raise ValueError(f"the thresholds are {', '.join(sorted(document)) or 'none'}, not {', '.join(names)}")
    return AdviceThresholds(**{name: number(document[name]) for name in names})
