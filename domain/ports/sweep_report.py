"""Port: how a sweep is told to people."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from domain.sweep import SweepDefinition, TrialRecord


@dataclass(frozen=True, slots=True)
class SweepFacts:
    """What a report is of; `context` are further facts by name, as the papers that trials learnt from."""

    definition: SweepDefinition
    records: Sequence[TrialRecord]
    context: Mapping[str, str] = field(default_factory=dict)


class SweepReport(Protocol):
    """Writes a report into a folder, over an earlier one."""

    @abstractmethod
    def write(self, folder: Path, facts: SweepFacts) -> Path:
        """The file to open first."""
