"""How the composition root pairs an index with the model that made it."""

from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from domain.abstract import Abstract
from domain.errors import ConfigurationError, IncompatibleModelError, ModelNotFoundError
from entrypoints import registry
from entrypoints.container import Container, container_of
from entrypoints.settings import Settings
from tests.examples import small_card, small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier

CREATED = "2026-11-20T10:11:12+00:00"


@pytest.fixture
def container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Container:
    """A container whose store holds two models of kind `fake`, which embed, each with an encoder of its own."""
    monkeypatch.setitem(registry.CLASSIFIERS, "fake", "tests.fakes.classifier:FakeFamily")
    monkeypatch.setitem(registry.EMBEDDERS, "fake", "tests.fakes.embedder:load_fake")
    for _ in range(2):
        FilesystemModelStore(tmp_path).save(small_card("fake"), FakeClassifier(small_taxonomy()).save)
    return container_of(Settings(kind="fake", artifacts=tmp_path))


@pytest.fixture
def names(container: Container) -> list[str]:
    """The names of the two models, the newest first."""
    return [stored.name for stored in container.model_store().list() if stored.card.kind == "fake"]


def _index(container: Container, model: str, folder: Path) -> None:
    container.index_papers(model, folder, created=CREATED, on_indexed=lambda count: None)(small_papers(20))


def test_an_index_is_searched_with_the_model_that_made_it(
    container: Container, names: list[str], tmp_path: Path
) -> None:
    """Without a model named, the one that the index records embeds the query, though there is a newer one."""
    _index(container, names[1], tmp_path / "index")
    assert len(container.find_similar(tmp_path / "index", None)(Abstract("image pixel"), k=3)) == 3


def test_another_model_is_refused(container: Container, names: list[str], tmp_path: Path) -> None:
    """A model with another encoder is an IncompatibleModelError that names the one that made the index."""
    _index(container, names[1], tmp_path / "index")
    with pytest.raises(IncompatibleModelError, match=names[1]):
        container.find_similar(tmp_path / "index", names[0])


def test_a_model_that_is_gone_is_named(container: Container, names: list[str], tmp_path: Path) -> None:
    """If the model that made the index is not there any more, the error says which it was."""
    _index(container, names[1], tmp_path / "index")
    elsewhere = container_of(Settings(artifacts=tmp_path / "elsewhere"))
    with pytest.raises(ModelNotFoundError, match=f"was made with {names[1]}"):
        elsewhere.find_similar(tmp_path / "index", None)


def test_a_kind_that_gives_no_vectors(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind without an encoder is refused with the kinds that have one."""
    monkeypatch.delitem(registry.EMBEDDERS, "fake")
    with pytest.raises(ConfigurationError, match=r"kind fake gives no vectors\. Kinds that do: minilm"):
        container.embedder("fake")
