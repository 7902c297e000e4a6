"""Keeps in memory which model is in use."""

from typing_extensions import override

from domain.model_in_use import ModelInUse
from domain.ports.model_in_use import ModelInUseStore


class FakeModelInUse(ModelInUseStore):
    """One choice, none at first."""

    def __init__(self) -> None:
        self._model: ModelInUse | None = None

    @property
    @override
    def place(self) -> str:
        return "memory"

    @override
    def get(self) -> ModelInUse | None:
        return self._model

    @override
    def use(self, model: ModelInUse) -> None:
        self._model = model

    @override
    def use_shipped(self) -> None:
        self._model = None
