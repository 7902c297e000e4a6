"""Port: storage of the choice of model in use."""

from abc import abstractmethod
from typing import Protocol

from domain.model_in_use import ModelInUse


class ModelInUseStore(Protocol):
    """Keeps one choice. A reader sees either the old one or the new one."""

    @property
    @abstractmethod
    def place(self) -> str:
        """The location of the choice, in words for a user."""

    @abstractmethod
    def get(self) -> ModelInUse | None:
        """Returns the chosen model, or None for the shipped one.

        Raises ConfigurationError if the choice cannot be read.
        """

    @abstractmethod
    def use(self, model: ModelInUse) -> None:
        """Replaces the choice."""

    @abstractmethod
    def use_shipped(self) -> None:
        """Deletes the choice, even if it cannot be read."""
