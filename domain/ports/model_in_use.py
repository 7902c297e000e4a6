"""Port: where it is kept which model is in use."""

from abc import abstractmethod
from typing import Protocol

from domain.model_in_use import ModelInUse


class ModelInUseStore(Protocol):
    """Keeps one choice; a reader sees the old one or the new one."""

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the choice is kept, for a person."""

    @abstractmethod
    def get(self) -> ModelInUse | None:
        """The model that was chosen; None means the shipped one. What cannot be read is a ConfigurationError."""

    @abstractmethod
    def use(self, model: ModelInUse) -> None:
        """Keeps a choice in place of the one before."""

    @abstractmethod
    def use_shipped(self) -> None:
        """Forgets the choice, be it one that cannot be read."""
