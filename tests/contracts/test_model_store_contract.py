"""The contract of every model store."""

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from domain.errors import ArxivClassifierError, CorruptModelError, ModelNotFoundError
from domain.ports.model_store import ModelStore
from tests.examples import small_card
from tests.fakes.model_store import FakeModelStore


@pytest.fixture(params=["fake", "filesystem"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ModelStore:
    """An empty store."""
    return FakeModelStore(tmp_path) if request.param == "fake" else FilesystemModelStore(tmp_path / "models")


def write_weights(folder: Path) -> None:
    """Writes two files, one of them in a folder."""
    (folder / "weights.bin").write_bytes(b"1234")
    (folder / "text").mkdir()
    (folder / "text" / "words.txt").write_text("network\n", "utf-8")


def test_finds_what_was_saved(store: ModelStore) -> None:
    """A saved model is found by its kind, its name, its folder and each of its files, and is the same each time."""
    saved = store.save(small_card(), write_weights)
    references = ["tiny", saved.name, str(saved.folder), *(str(saved.folder / name) for name in saved.files)]
    assert [store.find(reference) for reference in references] == [saved] * len(references)


def test_opens_a_folder(store: ModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A saved model is opened by its folder, also by a relative path that looks like a kind and a version."""
    saved = store.save(small_card(), write_weights)
    store.save(small_card(), write_weights)
    monkeypatch.chdir(saved.folder.parents[1])
    assert store.open(saved.folder) == store.open(Path("tiny", saved.version)) == saved
    monkeypatch.chdir(saved.folder.parents[0])
    with pytest.raises(ModelNotFoundError):
        store.open(Path("tiny"))


def test_locates_what_it_finds(store: ModelStore) -> None:
    """A model's folder is found by each of its names without reading it, and an unknown name is an error."""
    saved = store.save(small_card(), write_weights)
    for reference in ("tiny", saved.name, str(saved.folder), str(saved.folder / "weights.bin")):
        assert store.locate(reference) == saved.folder.resolve()
    with pytest.raises(ModelNotFoundError):
        store.locate("other")


def test_a_listed_name_is_no_path(store: ModelStore) -> None:
    """A listed model is located by kind and by kind/version. A path is no listed name, even of a listed bundle."""
    saved = store.save(small_card(), write_weights)
    assert store.locate_listed("tiny") == store.locate_listed(saved.name) == saved.folder.resolve()
    for name in (str(saved.folder), "other", "tiny/other", "../tiny", ""):
        with pytest.raises(ModelNotFoundError):
            store.locate_listed(name)


def test_keeps_the_card(store: ModelStore) -> None:
    """Everything on the card comes back as it was given."""
    card = small_card()
    store.save(card, write_weights)
    assert store.find("tiny").card == card


def test_keeps_the_weights(store: ModelStore) -> None:
    """The files that the callback wrote are in the model's folder, listed with their sizes."""
    stored = store.save(small_card(), write_weights)
    assert (stored.folder / "weights.bin").read_bytes() == b"1234"
    assert (stored.files["weights.bin"], stored.files["text/words.txt"]) == (4, 8)


def test_digests_tell_models_apart(store: ModelStore) -> None:
    """A model's digest is the same each time it is found, and another one's differs."""
    first, second = store.save(small_card(), write_weights), store.save(small_card(seed=8), write_weights)
    assert store.find(first.name).digest == first.digest
    assert len({first.digest, second.digest, ""}) == 3


def test_kind_means_its_newest_version(store: ModelStore) -> None:
    """Of several versions, the one saved last is what the kind names."""
    store.save(small_card(), write_weights)
    newest = [store.save(small_card(), write_weights) for _ in range(11)][-1]
    assert store.find("tiny") == newest


def test_versions_differ(store: ModelStore) -> None:
    """Two models of the same card are two versions, and the first stays what it was."""
    first, second = store.save(small_card(), write_weights), store.save(small_card(), write_weights)
    assert first.version != second.version
    assert store.find(first.name) == first


def test_writers_at_the_same_time_get_different_versions(store: ModelStore) -> None:
    """Eight writers that start together save eight whole models."""
    barrier = Barrier(8, timeout=30)

    def save(number: int) -> str:
        barrier.wait()
        return store.save(small_card(seed=number), write_weights).name

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(save, range(8)))
    assert sorted(store.find(name).card.seed for name in names) == list(range(8))


def test_lists_by_kind_then_newest_first(store: ModelStore) -> None:
    """The list is ordered by kind, and within one by age, the newest first."""
    saved = [store.save(small_card(kind), write_weights) for kind in ("b", "a", "b")]
    assert [stored.name for stored in store.list()] == [saved[1].name, saved[2].name, saved[0].name]


def test_lists_nothing_when_empty(store: ModelStore) -> None:
    """An empty store lists no models."""
    assert store.list() == ()


@pytest.mark.parametrize(
    "reference",
    [
        pytest.param("", id="empty"),
        pytest.param("tiny", id="kind"),
        pytest.param("other/99", id="version"),
        pytest.param("/no/such/folder", id="path"),
        pytest.param("no such/../place", id="odd path"),
        pytest.param("a" * 5000, id="too long"),
        pytest.param("\0", id="null"),
    ],
)
def test_says_when_there_is_no_such_model(store: ModelStore, reference: str) -> None:
    """A reference to nothing is a ModelNotFoundError."""
    store.save(small_card("other"), write_weights)
    with pytest.raises(ModelNotFoundError):
        store.find(reference)


def test_a_failed_save_leaves_nothing(store: ModelStore) -> None:
    """If the weights cannot be written, the error comes through and no model appears."""

    def fail(folder: Path) -> None:
        write_weights(folder)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises((OSError, ArxivClassifierError), match="No space left on device"):
        store.save(small_card(), fail)
    assert store.list() == ()
    assert isinstance(store.save(small_card(), write_weights).version, str)


def test_an_altered_file_is_noticed(store: ModelStore) -> None:
    """A model whose weights changed since it was saved is a CorruptModelError."""
    stored = store.save(small_card(), write_weights)
    (stored.folder / "weights.bin").write_bytes(b"1235")
    with pytest.raises(CorruptModelError):
        store.find("tiny")
    with pytest.raises(CorruptModelError):
        store.open(stored.folder)
