"""Port: reports of sweeps."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from domain.sweep import SweepDefinition, TrialRecord


@dataclass(frozen=True, slots=True)
class SweepFacts:
    """The content of a report. `context` holds further facts by name, such as the training papers."""

    definition: SweepDefinition
    records: Sequence[TrialRecord]
    context: Mapping[str, str] = field(default_factory=dict)


class SweepReport(Protocol):
    """Writes a report into a folder and replaces an earlier one."""

    @abstractmethod
    def write(self, folder: Path, facts: SweepFacts) -> Path:
        """Writes the report and returns the file to open first."""
