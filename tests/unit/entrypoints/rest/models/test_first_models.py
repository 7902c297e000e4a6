"""The models that a server has when it starts."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from domain.errors import (
    ArxivClassifierError,
    ConfigurationError,
    CorruptModelError,
    IncompatibleModelError,
    ModelNotFoundError,
    RegistryUnavailableError,
)
from domain.model_bundle import StoredModel
from entrypoints.registry import CLASSIFIERS, MODEL_REGISTRIES
from tests.examples import small_card
from tests.fakes.classifier import FakeClassifier
from tests.fakes.model_registry import FakeModelRegistry
from tests.served_state import forget_state

Options = Callable[..., None]


def start() -> None:
    """Loads the models as `serve` does before it listens."""
    from entrypoints.rest.models.first_models import load_models
    from entrypoints.rest.state import state

    load_models(state())


def check() -> None:
    """Checks the models as `serve` does before it imports Django."""
    from entrypoints.container import container_of
    from entrypoints.rest.configuration import configuration
    from entrypoints.rest.models.first_models import check_models

    read = configuration()
    check_models(read.settings, read.options, container_of(read.settings).model_store())


def spoil(stored: StoredModel, fault: str) -> None:
    """Makes a bundle one that cannot be served."""
    manifest = stored.folder / "manifest.json"
    if fault == "missing":
        shutil.rmtree(stored.folder)
    elif fault == "damaged":
        (stored.folder / "weights.json").write_text("{}")
    else:
        values = json.loads(manifest.read_text("utf-8"))
        manifest.write_text(json.dumps({**values, "format_version": 99}), "utf-8")


FAULTS: list[tuple[str, type[ArxivClassifierError]]] = [
    ("missing", ModelNotFoundError),
    ("damaged", CorruptModelError),
    ("newer", IncompatibleModelError),
]


@pytest.mark.parametrize("step", [check, start])
@pytest.mark.parametrize(("fault", "error"), FAULTS)
def test_a_model_that_cannot_be_served_ends_the_start(
    environment: None, stored: StoredModel, fault: str, error: type[Exception], step: Callable[[], None]
) -> None:
    """A default model that is missing, damaged or newer raises why, with what to name another one with."""
    spoil(stored, fault)
    with pytest.raises(error, match="Name another model with --model, MODEL_PATH or MODEL_TYPE"):
        step()


@pytest.mark.parametrize("step", [check, start])
@pytest.mark.parametrize("shadow", [False, True])
@pytest.mark.parametrize(("fault", "error"), FAULTS)
def test_a_variant_that_cannot_be_served_ends_the_start(
    options: Options,
    store: FilesystemModelStore,
    trained: FakeClassifier,
    fault: str,
    error: type[Exception],
    shadow: bool,
    step: Callable[[], None],
) -> None:
    """A variant's model is held to the same as the default one, also a shadow's, and the error names the variant."""
    stored = store.save(small_card("fake", created="2019-01-01T00:00:00+00:00"), trained.save)
    spoil(stored, fault)
    options(variants={"champion": {"model": "fake"}, "old": {"model": str(stored.folder), "shadow": shadow}})
    with pytest.raises(error, match="The variant 'old' has this model"):
        step()


def test_weights_that_do_not_load_end_the_start(
    environment: None, store: FilesystemModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bundle that is as its manifest says and whose weights do not fit is found when it is loaded."""

    def write_weights(folder: Path) -> None:
        (folder / "weights.json").write_text('{"word": [1.0]}')

    monkeypatch.setenv("MODEL_PATH", str(store.save(small_card("fake"), write_weights).folder))
    check()
    with pytest.raises(CorruptModelError, match="was not trained on 5 categories"):
        start()


def test_a_name_that_is_no_name_is_a_model_that_is_not_there(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A MODEL_PATH that no registered model can have ends the start as an unknown one does."""
    monkeypatch.setenv("MODEL_PATH", "registry:@@")
    with pytest.raises(ModelNotFoundError, match="names no registered model"):
        start()


class _Down(FakeModelRegistry):
    """A registry that cannot be reached."""

    def find(self, reference: object) -> None:  # type: ignore[override]  # it finds nothing
        raise RegistryUnavailableError("The registry cannot be reached.")


def down(_options: object, artifacts: Path) -> _Down:
    """Builds a registry that cannot be reached."""
    return _Down(artifacts)


def test_a_registry_that_is_down_ends_no_start(
    environment: None, monkeypatch: pytest.MonkeyPatch, call: Callable[..., object]
) -> None:
    """A server whose registry cannot be reached starts without the model, and health says so."""
    monkeypatch.setitem(MODEL_REGISTRIES, "down", f"{__name__}:down")
    monkeypatch.setenv("ARXIV_CLASSIFIER_REGISTRY", "down")
    monkeypatch.setenv("MODEL_PATH", "registry:arxiv-classifier@champion")
    check()
    start()
    assert call("GET", "health/").status_code == 503  # type: ignore[attr-defined]  # Django has no types


@pytest.mark.parametrize("step", [check, start])
def test_a_path_of_another_kind_than_model_type(
    environment: None, stored: StoredModel, monkeypatch: pytest.MonkeyPatch, step: Callable[[], None]
) -> None:
    """MODEL_TYPE beside a MODEL_PATH of another kind is an error that says both values."""
    monkeypatch.setenv("MODEL_PATH", str(stored.folder))
    step()
    monkeypatch.setenv("MODEL_TYPE", "minilm")
    forget_state()
    said = f"MODEL_TYPE is 'minilm', and MODEL_PATH is '{stored.folder}', a model of kind 'fake'"
    with pytest.raises(ConfigurationError, match=said):
        step()


def test_a_path_that_comes_to_mean_another_kind_is_not_taken_over(
    environment: None,
    store: FilesystemModelStore,
    stored: StoredModel,
    trained: FakeClassifier,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model of another kind than MODEL_TYPE is refused while the server runs too, since a restart would refuse it."""
    from entrypoints.rest.state import state

    monkeypatch.setitem(CLASSIFIERS, "other", "tests.fakes.classifier:FakeFamily")
    link = tmp_path / "current"
    link.symlink_to(stored.folder)
    monkeypatch.setenv("MODEL_PATH", str(link))
    start()
    link.unlink()
    link.symlink_to(store.save(small_card("other"), trained.save).folder)
    state().models.reload()
    served, refused = state().models.peek()
    assert served is not None and served.model.stored.card.kind == "fake"
    assert str(refused).startswith(f"MODEL_TYPE is 'fake', and MODEL_PATH is '{link}', a model of kind 'other'")
