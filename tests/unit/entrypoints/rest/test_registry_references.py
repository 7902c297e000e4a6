"""What a server does while its registry is slow, fails, or moves an alias."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from domain.errors import ModelNotFoundError, RegistryUnavailableError
from domain.model_bundle import StoredModel
from entrypoints.container import LoadedModel

pytest.importorskip("django")

REFERENCE = "registry:arxiv-classifier@champion"


class Registry:
    """Stands for a store with a registry: where it points, how long it takes, and what it raises are set by tests."""

    def __init__(self, store: FilesystemModelStore, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.error: Exception | None = None
        self.open = threading.Event()
        self.open.set()

    def locate(self, reference: str) -> Path:
        """The folder that is set, once it may be told."""
        assert self.open.wait(30)
        if self.error is not None:
            raise self.error
        return self.folder

    def container(self) -> Any:
        """What a model service asks of the container."""

        def loaded(folder: str) -> LoadedModel:
            return LoadedModel(self.store.find(folder), classifier=None, raw=None)  # type: ignore[arg-type]  # nobody predicts

        return SimpleNamespace(model_store=lambda: self, loaded_model=loaded, explainer=lambda model: None)


@pytest.fixture
def other(store: FilesystemModelStore, trained: Any) -> StoredModel:
    """A second model in the store."""
    from tests.examples import small_card

    return store.save(small_card("fake", seed=9), trained.save)


@pytest.fixture
def registry(store: FilesystemModelStore, stored: StoredModel) -> Registry:
    """A registry that points to the first model."""
    return Registry(store, stored.folder)


@pytest.fixture
def ask(registry: Registry) -> Callable[[], str]:
    """What the service serves now, asked when another second has gone by."""
    from entrypoints.rest.serving import ModelService

    now = [100.0]
    service = ModelService(registry.container(), REFERENCE, most=4, clock=lambda: now[0])

    def ask_(seconds: float = 10.0) -> str:
        now[0] += seconds
        return service.default().model.stored.name

    return ask_


def until(ask: Callable[[], str], wanted: str) -> None:
    """Asks until that model serves."""
    deadline = time.monotonic() + 20
    while ask() != wanted:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_alias_that_moves_is_followed(
    registry: Registry, ask: Callable[[], str], stored: StoredModel, other: StoredModel
) -> None:
    """There and back."""
    assert ask() == stored.name
    registry.folder = other.folder
    until(ask, other.name)
    registry.folder = stored.folder
    until(ask, stored.name)


def test_a_slow_registry_delays_no_request(
    registry: Registry, ask: Callable[[], str], stored: StoredModel, other: StoredModel
) -> None:
    """While the registry does not answer, every request is served at once by the old model."""
    ask()
    registry.folder = other.folder
    registry.open.clear()
    started = time.monotonic()
    assert {ask() for _ in range(200)} == {stored.name}
    assert time.monotonic() - started < 5
    registry.open.set()
    until(ask, other.name)


@pytest.mark.parametrize(
    "error", [RegistryUnavailableError("down"), ModelNotFoundError("no alias"), OSError("disk"), RuntimeError("odd")]
)
def test_a_registry_that_fails_ends_nothing(
    registry: Registry, ask: Callable[[], str], stored: StoredModel, other: StoredModel, error: Exception
) -> None:
    """Whatever it raises, the old model serves on, and the new one is taken over when it answers again."""
    ask()
    registry.folder, registry.error = other.folder, error
    for _ in range(20):
        assert ask() == stored.name
        time.sleep(0.005)
    registry.error = None
    until(ask, other.name)


def test_a_damaged_bundle_is_refused(
    registry: Registry, ask: Callable[[], str], stored: StoredModel, other: StoredModel
) -> None:
    """An alias that moves to a damaged bundle leaves the old one serving."""
    ask()
    next(other.folder.glob("weights*")).write_text("nonsense")
    registry.folder = other.folder
    for _ in range(20):
        assert ask() == stored.name
        time.sleep(0.005)
