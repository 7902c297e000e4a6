"""The model that commands use by default."""

from dataclasses import dataclass

# The reference that means the model in use.
DEFAULT_MODEL = "default"


@dataclass(frozen=True, slots=True)
class ModelInUse:
    """A model's reference, and the bare name that also means it: its kind or its shipped name."""

    reference: str
    kind: str
