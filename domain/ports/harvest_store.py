"""Port: storage of harvested papers."""

from abc import abstractmethod
from typing import Protocol

from domain.harvest import HarvestCounts, HarvestState
from domain.ports.arxiv import RecordPage


class HarvestStore(Protocol):
    """Keeps papers by month. A process may be killed at any point, and another one continues from there."""

    @abstractmethod
    def state(self, selection: str) -> HarvestState:
        """Returns the recorded state of a selection of papers, empty if there is none.

        Raises InvalidInputError if the folder holds anything else than harvested papers.
        """

    @abstractmethod
    def keep(self, page: RecordPage, selection: str, state: HarvestState) -> None:
        """Keeps a page and the state after it, both or neither. Papers replace their earlier versions."""

    @property
    @abstractmethod
    def waiting(self) -> int:
        """The number of papers that are kept but not yet published."""

    @abstractmethod
    def publish(self) -> None:
        """Merges the kept papers into the published ones of each month."""

    @abstractmethod
    def finish(self, selection: str, state: HarvestState) -> HarvestCounts:
        """Publishes the rest, records the state and returns the counts since the last finish."""

    @abstractmethod
    def held(self) -> dict[str, int]:
        """Returns the number of published papers by month."""

    @abstractmethod
    def close(self) -> None:
        """Releases the lock, so that another process may write."""
