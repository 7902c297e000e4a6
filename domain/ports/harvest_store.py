"""Port: where harvested papers are kept."""

from abc import abstractmethod
from typing import Protocol

from domain.harvest import HarvestCounts, HarvestState
from domain.ports.arxiv import RecordPage


class HarvestStore(Protocol):
    """Keeps papers by month, whole at any time: a process may be killed at any point and another one goes on."""

    @abstractmethod
    def state(self, selection: str) -> HarvestState:
        """What is recorded of a selection of papers; an empty state where there is nothing.

        Raises InvalidInputError where the place holds something else than harvested papers.
        """

    @abstractmethod
    def keep(self, page: RecordPage, selection: str, state: HarvestState) -> None:
        """Keeps a page and the state after it, both or neither; papers replace those that were kept before."""

    @property
    @abstractmethod
    def waiting(self) -> int:
        """How many papers are kept and not yet published."""

    @abstractmethod
    def publish(self) -> None:
        """Brings what was kept among the papers of each month, where readers find it."""

    @abstractmethod
    def finish(self, selection: str, state: HarvestState) -> HarvestCounts:
        """Publishes the rest, records the state and gives the counts since the last finish."""

    @abstractmethod
    def held(self) -> dict[str, int]:
        """How many published papers each month has, by month."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of the place, so that another process may write there."""
