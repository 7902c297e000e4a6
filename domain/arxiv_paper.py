"""A paper as arXiv lists it."""

from dataclasses import dataclass
from datetime import datetime

from domain.labelled_abstract import LabelledAbstract
from domain.month import month_of


@dataclass(frozen=True, slots=True)
class ArxivPaper:
    """A paper with its categories and the UTC times at which its first and its last version were submitted."""

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
        """The arXiv identifier."""
        return str(self.paper.abstract.id)

    @property
    def month(self) -> str:
        """The month (YYYY-MM) in which the paper was filed. Defaults to the month of the first version."""
        return self.paper.month or month_of(self.submitted)
