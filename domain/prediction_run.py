"""The inputs, the model and the options of predictions in a folder of parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file of papers as it was when the run began.

    `size` is in bytes, or -1 if unknown, and `modified` is the time of modification in nanoseconds, or 0. `tag` is a
    hash or version by which the server of an address tells contents apart.
    """

    path: str
    size: int
    modified: int
    tag: str = ""


@dataclass(frozen=True, slots=True)
class PredictionRun:
    """All that the bytes of the parts depend on, and when the run began (ISO 8601).

    `rows_per_part` counts the rows of the input, those that cannot be read among them. `form` has what differs from the
    usual columns of the output. `command` is the command that began the run, without what changes no byte of a part.
    """

    model: str
    model_digest: str
    policy: Mapping[str, Any]
    format: str
    inputs: tuple[InputFile, ...]
    reading: Mapping[str, Any]
    rows_per_part: int
    began: str
    form: Mapping[str, Any] = field(default_factory=dict)
    command: str = ""

    def differences(self, other: "PredictionRun") -> list[str]:
        """Returns what differs in another run, except its start. Of the input, it names a file.

        It is empty if their parts belong together.
        """
        found = [
            _WORDS[each.name]
            for each in fields(self)
            if each.name in _WORDS and getattr(self, each.name) != getattr(other, each.name)
        ]
        return [f"{word} ({self._other_file(other)})" if word == _WORDS["inputs"] else word for word in found]

    def _other_file(self, other: "PredictionRun") -> str:
        """Returns which file of the input differs in another run."""
        before, now = ({each.path: each for each in run.inputs} for run in (self, other))
        for path in before | now:
            if path not in now:
                return f"{path} is missing"
            if path not in before:
                return f"{path} is new"
            if before[path] != now[path]:
                return f"{path} has changed"
        return "the order of the files"


_WORDS = {
    "model_digest": "the model",
    "policy": "the choice of categories",
    "format": "the format",
    "inputs": "the input",
    "form": "the columns of the output",
    "reading": "how the input is read",
    "rows_per_part": "the rows a part",
}
