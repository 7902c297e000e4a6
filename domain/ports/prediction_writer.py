"""Port: where predictions are written."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.arxiv_paper import ArxivPaper
from domain.chosen_categories import ChosenCategories
from domain.explanation import Explanation


class PredictionWriter(Protocol):
    """Writes predictions in the order given, one row or block per abstract, a batch at a time."""

    @abstractmethod
    def write(
        self,
        ids: Sequence[str | None],
        chosen: ChosenCategories,
        explanations: Sequence[Sequence[Explanation]] | None = None,
        papers: Sequence[ArxivPaper] | None = None,
    ) -> None:
        """Adds one batch; `ids` holds one identifier per abstract, None where it has none.

        `explanations` has one for each chosen category of each abstract, in their order; a format of flat rows has no
        place for them. `papers` has what arXiv says of each abstract, its true categories among it; flat rows leave
        them out too.
        """

    @abstractmethod
    def finish(self) -> None:
        """Writes what the format needs at its end; called once, and only where every batch was written."""
