"""Port: the output of predictions."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from domain.arxiv_paper import ArxivPaper
from domain.chosen_categories import ChosenCategories
from domain.explanation import Explanation
from domain.output_form import NOTHING_BESIDE, Beside
from domain.prediction_warning import PredictionWarning

Warnings = Mapping[int, Sequence[PredictionWarning]]
NO_WARNINGS: Warnings = MappingProxyType({})


class PredictionWriter(Protocol):
    """Writes predictions in the order given, one row or block per abstract, batch by batch."""

    @abstractmethod
    def write(
        self,
        ids: Sequence[str | None],
        chosen: ChosenCategories,
        explanations: Sequence[Sequence[Explanation]] | None = None,
        papers: Sequence[ArxivPaper] | None = None,
        warnings: Warnings = NO_WARNINGS,
        beside: Beside = NOTHING_BESIDE,
    ) -> None:
        """Adds one batch. `ids` holds one identifier per abstract, or None.

        `explanations` has one entry per chosen category of each abstract, in their order. `papers` holds arXiv's record
        of each abstract, with its true categories. `warnings` holds those of the rows that have any. Formats of flat
        rows leave all three out. `beside` holds the primary categories and the kept columns, if the output has them.
        """

    @abstractmethod
    def finish(self) -> None:
        """Completes the output. Called once, and only if every batch was written."""
