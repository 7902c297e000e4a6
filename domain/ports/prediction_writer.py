"""Port: where predictions are written."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.chosen_categories import ChosenCategories


class PredictionWriter(Protocol):
    """Writes predictions in the order given, one row or block per abstract, a batch at a time."""

    @abstractmethod
    def write(self, ids: Sequence[str | None], chosen: ChosenCategories) -> None:
        """Adds one batch; `ids` holds one identifier per abstract, None where it has none."""

    @abstractmethod
    def finish(self) -> None:
        """Writes what the format needs at its end; called once, and only where every batch was written."""
