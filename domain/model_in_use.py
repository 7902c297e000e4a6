"""Which model commands use that name none."""

from dataclasses import dataclass

# What a model store is asked for by whoever names no model.
DEFAULT_MODEL = "default"


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """What the model is called by, and the bare name that means this model too: its kind, or its shipped name."""

    reference: str
    kind: str
