"""Which model commands use that name none."""

from dataclasses import dataclass

# What a model store is asked for by whoever names no model.
DEFAULT_MODEL = "default"


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """What the model is called by, and its kind: the bare kind means this model too."""

    reference: str
    kind: str
