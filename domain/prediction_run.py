"""What the predictions in a folder of parts were made of and with."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of papers as it was when the run began: its size in bytes, and its time of modification in nanoseconds."""

    path: str
    size: int
    modified: int


@dataclass(frozen=True, slots=True)
class PredictionRun:
    """All that the bytes of the parts depend on, and when the run began (ISO 8601).

    `rows_per_part` counts the rows of the input, those that cannot be read among them.
    """

    model: str
    model_digest: str
    policy: Mapping[str, Any]
    format: str
    inputs: tuple[InputFile, ...]
    reading: Mapping[str, Any]
    rows_per_part: int
    began: str

    def differences(self, other: "PredictionRun") -> list[str]:
        """Names what differs from another run, but for when it began; empty if parts of both belong together."""
        return [
            _WORDS[field.name]
            for field in fields(self)
            if field.name in _WORDS and getattr(self, field.name) != getattr(other, field.name)
        ]


_WORDS = {
    "model_digest": "the model",
    "policy": "the choice of categories",
    "format": "the format",
    "inputs": "the input",
    "reading": "how the input is read",
    "rows_per_part": "the rows a part",
}
