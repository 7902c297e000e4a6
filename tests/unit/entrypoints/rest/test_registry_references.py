"""A server whose registry is slow, fails, or moves an alias."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from application.open_model import LoadedModel
from domain.errors import ModelNotFoundError, RegistryUnavailableError
from domain.model_bundle import StoredModel
from tests.waiting import until

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
        """Returns the folder that a test sets, once the test allows it."""
        assert self.open.wait(30)
        if self.error is not None:
            raise self.error
        return self.folder

    def container(self) -> Any:
        """Returns the parts of a container that a model service uses."""

        def in_folder(folder: Path) -> LoadedModel:
            return LoadedModel(self.store.open(folder), classifier=None, raw=None)  # type: ignore[arg-type]  # unused here

        open_model = SimpleNamespace(in_folder=in_folder)
        return SimpleNamespace(model_store=lambda: self, open_model=lambda: open_model, explainer=lambda model: None)


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
    """Returns the name of the model that the service serves after some more seconds."""
    from entrypoints.rest.models.served_models import ModelService

    now = [100.0]
    service = ModelService(registry.container(), REFERENCE, most=4, clock=lambda: now[0])

    def ask_(seconds: float = 10.0) -> str:
        now[0] += seconds
        return service.default().model.stored.name

    return ask_


def test_an_alias_that_moves_is_followed(
    registry: Registry, ask: Callable[[], str], stored: StoredModel, other: StoredModel
) -> None:
    """There and back."""
    assert ask() == stored.name
    registry.folder = other.folder
    until(lambda: ask() == other.name)
    registry.folder = stored.folder
    until(lambda: ask() == stored.name)


def test_a_slow_registry_delays_no_request(
    registry: Registry, ask: Callable[[], str], stored: StoredModel, other: StoredModel
) -> None:
    """While the registry does not answer, every request is served at once by the old model."""
    ask()
    registry.folder = other.folder
    registry.open.clear()
    started = time.monotonic()
    assert {ask() for _ in range(200)} == {stored.name}
    assert time.monotonic() - started < 25  # the registry answers after 30 seconds
    registry.open.set()
    until(lambda: ask() == other.name)


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
    until(lambda: ask() == other.name)


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


def test_only_the_first_attempt_is_waited_for(registry: Registry, stored: StoredModel) -> None:
    """A reference that could not be found is refused at once while a silent registry is asked again."""
    from entrypoints.rest.models.served_models import ModelService

    now = [100.0]
    service = ModelService(registry.container(), REFERENCE, most=4, variants=["registry:a@b"], clock=lambda: now[0])
    registry.error = RegistryUnavailableError("silent")
    with pytest.raises(RegistryUnavailableError):
        service.variant("registry:a@b")
    registry.open.clear()
    now[0] += 6
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        errors = [asked.exception(25) for asked in [pool.submit(service.variant, "registry:a@b") for _ in range(32)]]
    assert {type(error) for error in errors} == {RegistryUnavailableError}
    assert time.monotonic() - started < 25
    registry.error = None
    registry.open.set()

    def name() -> str:
        with suppress(RegistryUnavailableError):
            return service.variant("registry:a@b").model.stored.name
        return ""

    until(lambda: name() == stored.name)


def test_a_failure_is_remembered_for_five_seconds(registry: Registry, stored: StoredModel) -> None:
    """A registry that failed for a variant is asked again after five seconds, and not before."""
    from entrypoints.rest.models.served_models import ModelService

    now = [100.0]
    service = ModelService(registry.container(), REFERENCE, most=4, variants=["registry:a@b"], clock=lambda: now[0])
    registry.error = RegistryUnavailableError("silent")
    for wait in (0.0, 4.9):
        now[0] += wait
        with pytest.raises(RegistryUnavailableError):
            service.variant("registry:a@b")
        registry.error = None
    now[0] += 0.2
    assert service.variant("registry:a@b").model.stored.name == stored.name


def test_a_refusal_is_told_once_a_minute(
    registry: Registry, stored: StoredModel, other: StoredModel, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each attempt that fails is counted. The same reason is logged once a minute, and again after a success."""
    from entrypoints.rest.logs import set_up
    from entrypoints.rest.metrics import exposition
    from entrypoints.rest.models.served_models import ModelService

    set_up("json")
    now = [100.0]
    service = ModelService(registry.container(), "registry:told@x", most=4, clock=lambda: now[0])
    service.default()
    registry.error = ModelNotFoundError("no such alias")
    for _ in range(13):
        now[0] += 10
        service.reload()
    assert capsys.readouterr().err.count('"event": "model_refused"') == 3
    assert 'arxiv_classifier_models_refused_total{model="registry:told@x"} 13.0' in exposition().decode()
    served, error = service.peek()
    assert served is not None and served.model.stored.name == stored.name and str(error) == "no such alias"
    registry.error, registry.folder = None, other.folder
    service.reload()
    assert service.peek()[1] is None
    registry.error = ModelNotFoundError("no such alias")
    service.reload()
    assert capsys.readouterr().err.count('"event": "model_refused"') == 1


def test_a_reload_renews_variants(registry: Registry, stored: StoredModel, other: StoredModel) -> None:
    """After SIGHUP, default and variants are the current models of their aliases, whatever the registry raises."""
    from entrypoints.rest.models.served_models import ModelService

    service = ModelService(registry.container(), REFERENCE, most=4, variants=["registry:a@b"], clock=lambda: 100.0)
    assert service.variant("registry:a@b") is service.default()
    registry.folder, registry.error = other.folder, RuntimeError("odd")
    service.reload()
    assert service.variant("registry:a@b").model.stored.name == stored.name
    registry.error = None
    service.reload()
    assert service.variant("registry:a@b").model.stored.name == other.name


def test_a_new_process_takes_what_the_name_means_now(
    registry: Registry, stored: StoredModel, other: StoredModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it asks for a model, and not at its first request. A registry that is slow holds it up for a while."""
    from entrypoints.rest.models import served_models as serving

    service = serving.ModelService(registry.container(), REFERENCE, most=4, clock=lambda: 100.0)
    service.default()
    registry.folder = other.folder
    service.after_fork()
    served, _ = service.peek()
    assert served is not None and served.model.stored.name == other.name
    monkeypatch.setattr(serving, "CATCH_UP_SECONDS", 0.1)
    registry.folder = stored.folder
    registry.open.clear()
    service.after_fork()
    served, _ = service.peek()
    assert served is not None and served.model.stored.name == other.name
    registry.open.set()
    until(lambda: service.default().model.stored.name == stored.name)
