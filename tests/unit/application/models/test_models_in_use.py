"""The meaning of `default` and of a bare kind, and how it is chosen."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from application.models.models_in_use import ModelsInUse, UseModel
from domain.errors import CorruptModelError, ModelNotFoundError, RegistryUnavailableError
from domain.model_bundle import StoredModel
from domain.model_in_use import ModelInUse
from tests.examples import small_card
from tests.fakes.model_in_use import FakeModelInUse


def save(store: FilesystemModelStore, kind: str, created: str = "2026-11-20T10:11:12Z") -> StoredModel:
    """A new version of a kind."""

    def write_weights(folder: Path) -> None:
        (folder / "weights.bin").write_bytes(b"1234")

    return store.save(small_card(kind, created=created), write_weights)


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """The folder of the shipped model of kind `tiny`."""
    stored = save(FilesystemModelStore(tmp_path / "elsewhere"), "tiny", "2020-01-01T00:00:00Z")
    folder = tmp_path / "wheel" / "tiny"
    shutil.copytree(stored.folder, folder)
    return folder


@pytest.fixture
def store(tmp_path: Path, shipped: Path) -> FilesystemModelStore:
    """A store with the shipped model."""
    return FilesystemModelStore(tmp_path / "models", [shipped])


@pytest.fixture
def in_use() -> FakeModelInUse:
    """No choice yet."""
    return FakeModelInUse()


@pytest.fixture
def models(store: FilesystemModelStore, in_use: FakeModelInUse) -> ModelsInUse:
    """That store, which knows the choice."""
    return ModelsInUse(store, in_use, shipped="tiny")


@pytest.fixture
def use(store: FilesystemModelStore, in_use: FakeModelInUse) -> UseModel:
    """The use case that chooses."""
    return UseModel(store, in_use, store.find)


def test_without_a_choice_the_shipped_model_is_the_default(
    models: ModelsInUse, store: FilesystemModelStore, shipped: Path
) -> None:
    """`default` is the shipped model, whatever is trained."""
    save(store, "tiny")
    save(store, "big")
    assert models.find("default").folder == models.find("tiny").folder == shipped
    assert models.locate("default") == models.locate("tiny") == shipped.resolve()


def test_the_model_in_use_is_the_default_and_what_its_kind_means(
    models: ModelsInUse, store: FilesystemModelStore, use: UseModel, shipped: Path
) -> None:
    """A chosen version is what `default` and its kind mean. The shipped one keeps its name."""
    trained = save(store, "tiny")
    assert use(trained.name) == (trained, trained.name)
    save(store, "tiny")
    assert models.find("default") == models.find("tiny") == trained
    assert models.locate("default") == models.locate("tiny") == trained.folder.resolve()
    assert models.find(str(shipped)).folder == shipped


def test_other_kinds_mean_what_they_meant(
    models: ModelsInUse, store: FilesystemModelStore, use: UseModel, shipped: Path
) -> None:
    """A choice of one kind leaves the others alone: shipped where one is shipped, else the newest."""
    big = save(store, "big")
    use(big.name)
    newer = save(store, "big")
    save(store, "tiny")
    assert models.find("default") == models.find("big") == big
    assert models.find("tiny").folder == shipped
    assert store.find("big") == newer


def test_a_kind_that_is_chosen_is_the_shipped_model(
    models: ModelsInUse, store: FilesystemModelStore, use: UseModel, in_use: FakeModelInUse, shipped: Path
) -> None:
    """Choosing a kind chooses its shipped model, also where a version of it is in use."""
    use(save(store, "tiny").name)
    use("tiny")
    assert in_use.get() == ModelInUse("tiny", "tiny")
    assert models.find("default").folder == models.find("tiny").folder == shipped


def test_a_kind_that_ships_none_is_chosen_by_version(
    models: ModelsInUse, store: FilesystemModelStore, use: UseModel
) -> None:
    """A later training changes nothing for who chose a kind that ships no model."""
    first = save(store, "big")
    assert use("big") == (first, first.name)
    save(store, "big")
    assert models.find("default") == first


def test_a_path_is_kept_whole(
    models: ModelsInUse, store: FilesystemModelStore, use: UseModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bundle outside the store is kept by its absolute path. One inside by its name."""
    trained = save(store, "tiny")
    shutil.copytree(trained.folder, tmp_path / "copy")
    monkeypatch.chdir(tmp_path)
    assert use("./copy")[1] == str(tmp_path / "copy")
    assert models.find("default").folder == tmp_path / "copy"
    assert use(str(trained.folder))[1] == trained.name


def test_what_cannot_be_used_is_not_chosen(use: UseModel, in_use: FakeModelInUse) -> None:
    """If the model does not predict, the choice stays as it was."""
    use("tiny")
    before = in_use.get()
    with pytest.raises(ModelNotFoundError):
        use("tiny/20190101T000000Z")
    assert in_use.get() == before


def _remove(stored: StoredModel) -> None:
    shutil.rmtree(stored.folder)


def _alter(stored: StoredModel) -> None:
    (stored.folder / "weights.bin").write_bytes(b"1235")


@pytest.mark.parametrize(("harm", "error"), [(_remove, ModelNotFoundError), (_alter, CorruptModelError)])
@pytest.mark.parametrize("reference", ["default", "tiny"])
def test_a_choice_that_is_gone_says_the_way_back(
    models: ModelsInUse,
    store: FilesystemModelStore,
    use: UseModel,
    harm: Callable[[StoredModel], None],
    error: type[Exception],
    reference: str,
) -> None:
    """A model in use that is gone or altered is named, with the command that goes back. Others are found."""
    trained, other = save(store, "tiny"), save(store, "big")
    use(trained.name)
    harm(trained)
    with pytest.raises(error, match=rf"The model in use, {trained.name}, .* models use --shipped"):
        models.find(reference)
    assert models.find("big") == other


class _Registry(FilesystemModelStore):
    """A store in which a test sets the model of `registry:name@champion`."""

    champion: StoredModel | None = None

    def find(self, reference: str) -> StoredModel:
        """Returns the model that the alias means now."""
        if not reference.startswith("registry:"):
            return super().find(reference)
        if self.champion is None:
            raise RegistryUnavailableError("The registry does not answer.")
        return self.champion

    def locate(self, reference: str) -> Path:
        """Its folder."""
        return self.find(reference).folder if reference.startswith("registry:") else super().locate(reference)


def test_an_alias_of_a_registry_is_followed(tmp_path: Path, in_use: FakeModelInUse) -> None:
    """The model in use is the alias's current one. A kind means it only while it is of that kind."""
    store = _Registry(tmp_path)
    big, tiny, newer = save(store, "big"), save(store, "tiny"), save(store, "tiny")
    store.champion = tiny
    alias = "registry:name@champion"
    assert UseModel(store, in_use, store.find)(alias) == (tiny, alias)
    models = ModelsInUse(store, in_use, shipped="tiny")
    assert models.find("default") == models.find("tiny") == tiny
    store.champion = big
    assert (models.find("default"), models.find("tiny")) == (big, newer)
    assert (models.locate("default"), models.locate("tiny")) == (big.folder, newer.folder)
    store.champion = None
    with pytest.raises(RegistryUnavailableError, match="models use --shipped"):
        models.find("default")


def test_a_second_shipped_model_of_a_kind_is_chosen_by_its_own_name(tmp_path: Path, in_use: FakeModelInUse) -> None:
    """The choice is kept by the shipped name, and the kind goes on to mean the shipped model of the kind's name."""
    folders = []
    for name, created in (("tiny", "2020-01-01T00:00:00Z"), ("wide", "2021-01-01T00:00:00Z")):
        stored = save(FilesystemModelStore(tmp_path / "elsewhere"), "tiny", created)
        folders.append(shutil.copytree(stored.folder, tmp_path / "wheel" / name))
    store = FilesystemModelStore(tmp_path / "models", folders)
    models = ModelsInUse(store, in_use, shipped="tiny")
    stored, kept = UseModel(store, in_use, store.find)("wide")
    assert (stored.shipped_as, kept) == ("wide", "wide")
    assert models.find("default").folder == models.find("wide").folder == folders[1]
    assert models.find("tiny").folder == folders[0]
