"""A paper as arXiv has it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from domain.labelled_abstract import LabelledAbstract


@dataclass(frozen=True, slots=True)
class ArxivPaper:
    """A paper with its categories, and when its first and its last version were submitted (in UTC)."""

    paper: LabelledAbstract
    submitted: datetime
    updated: datetime

    def __post_init__(self) -> None:
        if self.submitted.tzinfo is None or self.updated.tzinfo is None:
            raise ValueError(f"dates without a time zone: {self.submitted}, {self.updated}")
        if not self.paper.abstract.id:
            raise ValueError("a paper of arXiv without an identifier")

    @property
    def id(self) -> str:
        """Its identifier on arXiv."""
        return str(self.paper.abstract.id)

    @property
    def month(self) -> str:
        """YYYY-MM of the first version."""
        return month_of(self.submitted)


def month_of(moment: datetime) -> str:
    """YYYY-MM of a moment in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m}"
