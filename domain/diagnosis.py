"""The findings of an examination of the program and its surroundings."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """The severity of a finding, the worst last."""

    GOOD = "good"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: what was found, and what to do where it is not good."""

    subject: str
    message: str
    outcome: Outcome = Outcome.GOOD
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.outcome is not Outcome.GOOD and not self.remedy:
            raise ValueError(f"The finding {self.message!r} lacks a remedy.")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The findings of all examinations, in their order."""

    findings: tuple[Finding, ...]

    @staticmethod
    def of(findings: Iterable[Finding]) -> "Diagnosis":
        """Returns the diagnosis of some findings."""
        return Diagnosis(tuple(findings))

    @property
    def failed(self) -> bool:
        """Whether something does not work."""
        return any(finding.outcome is Outcome.FAILURE for finding in self.findings)

    def count(self, outcome: Outcome) -> int:
        """Returns the number of findings with an outcome."""
        return sum(finding.outcome is outcome for finding in self.findings)
