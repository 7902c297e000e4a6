"""A paper as arXiv has it."""

from dataclasses import dataclass
from datetime import datetime

from domain.labelled_abstract import LabelledAbstract
from domain.month import month_of


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
        """YYYY-MM in which it was filed: of the first version, where the paper does not say another."""
        return self.paper.month or month_of(self.submitted)
