"""FilesystemModelStore: where bundles are found, and what is left when one cannot be written."""

import errno
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from domain.errors import ConfigurationError, CorruptModelError, IncompatibleModelError, ModelNotFoundError
from domain.model_bundle import StoredModel
from tests.examples import small_card


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store's folder that does not exist yet."""
    return tmp_path / "artifacts"


@pytest.fixture
def store(root: Path) -> FilesystemModelStore:
    """A store without a default."""
    return FilesystemModelStore(root)


def weights(folder: Path) -> None:
    """The smallest weights."""
    (folder / "weights.bin").write_bytes(b"1234")


def ship(store: FilesystemModelStore, folder: Path) -> StoredModel:
    """Puts a saved model into `folder` as the shipped default, as the release does."""
    stored = store.save(small_card(folder.name, created="2020-01-01T00:00:00Z"), weights)
    shutil.copytree(stored.folder, folder, dirs_exist_ok=True)
    shutil.rmtree(stored.folder)
    return stored


class TestVersions:
    """How versions are named."""

    @pytest.mark.parametrize(
        ("created", "version"),
        [
            ("2026-11-20T10:11:12+00:00", "20261120T101112Z"),
            ("2026-11-20T10:11:12Z", "20261120T101112Z"),
            ("2026-11-20T12:11:12.5+02:00", "20261120T101112Z"),
            ("2026-11-20T10:11:12", "20261120T101112Z"),
        ],
    )
    def test_are_named_for_the_time_in_utc(self, store: FilesystemModelStore, created: str, version: str) -> None:
        """A version is the card's time in UTC to the second."""
        assert store.save(small_card(created=created), weights).version == version

    def test_do_not_depend_on_the_machines_time_zone(
        self, store: FilesystemModelStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A time without a zone is taken as UTC, wherever the machine is."""
        monkeypatch.setenv("TZ", "America/New_York")
        time.tzset()
        try:
            saved = store.save(small_card(created="2026-11-20T10:11:12"), weights)
        finally:
            monkeypatch.undo()
            time.tzset()
        assert saved.version == "20261120T101112Z"

    def test_of_the_same_second_are_numbered(self, store: FilesystemModelStore) -> None:
        """A second and a third version of one second end in -2 and -3."""
        saved = [store.save(small_card(), weights).version for _ in range(3)]
        assert saved == ["20261120T101112Z", "20261120T101112Z-2", "20261120T101112Z-3"]

    def test_a_killed_writers_version_is_passed_over(self, store: FilesystemModelStore, root: Path) -> None:
        """The rest of a killed write is not listed and does not prevent the next one."""
        whole = store.save(small_card(), weights).folder
        whole.rename(root / "tiny" / ".20261120T101112Z.partial")  # killed at the last moment before the rename
        saved = store.save(small_card(), weights)
        assert saved.version == "20261120T101112Z-2"
        assert store.list() == (saved,)

    def test_a_kind_that_leaves_the_store_is_refused(self, store: FilesystemModelStore) -> None:
        """A kind is a plain name: one with a path in it is a programmer's mistake."""
        with pytest.raises(ValueError, match="name a folder"):
            store.save(small_card("../elsewhere"), weights)


class TestDefault:
    """The shipped models."""

    def test_is_one_for_each_kind(self, tmp_path: Path, root: Path) -> None:
        """Several kinds are shipped, each found by kind, name and path, and listed beside what was trained."""
        places = [tmp_path / "wheel" / kind for kind in ("tiny", "big")]
        store = FilesystemModelStore(root, places)
        shipped = [ship(store, place) for place in places]
        trained = store.save(small_card("medium"), weights)
        for place, stored in zip(places, shipped, strict=True):
            found = [store.find(reference).folder for reference in (place.name, stored.name, str(place))]
            assert found == [place] * 3
        assert [stored.name for stored in store.list()] == [shipped[1].name, trained.name, shipped[0].name]

    @pytest.mark.parametrize("place", ["artifacts", "wheel"], ids=["checkout", "wheel"])
    def test_may_have_a_name_that_is_not_its_kind(self, tmp_path: Path, root: Path, place: str) -> None:
        """A second shipped model of a kind is found by its own name, by kind/version and as a listed model."""
        store = FilesystemModelStore(root, [tmp_path / place / name for name in ("tiny", "wide")])
        first = ship(store, tmp_path / place / "tiny")
        stored = store.save(small_card("tiny", created="2021-01-01T00:00:00Z"), weights)
        wide = shutil.copytree(stored.folder, tmp_path / place / "wide")
        shutil.rmtree(stored.folder)
        found = store.find("wide")
        assert (found.folder, found.card.kind, found.shipped_as) == (wide, "tiny", "wide")
        assert found.name == f"wide/{found.version}"
        assert store.find(found.name).folder == store.locate("wide") == store.locate_listed(found.name) == wide
        assert store.locate_listed("wide") == wide
        assert store.find("tiny").digest == first.digest
        assert [(each.name, each.shipped_as) for each in store.list()] == [(first.name, "tiny"), (found.name, "wide")]

    def test_keeps_its_digest(self, tmp_path: Path, root: Path) -> None:
        """A bundle that is copied elsewhere is the same model."""
        store = FilesystemModelStore(root, [tmp_path / "wheel" / "tiny"])
        assert ship(store, tmp_path / "wheel" / "tiny").digest == store.find("tiny").digest

    @pytest.mark.parametrize("place", ["artifacts/tiny", "wheel/tiny"], ids=["checkout", "wheel"])
    def test_stands_in_where_nothing_was_trained(self, tmp_path: Path, root: Path, place: str) -> None:
        """Without trained versions, the kind, its name and its path all mean the default."""
        store = FilesystemModelStore(root, [tmp_path / place])
        shipped = ship(store, tmp_path / place)
        found = [store.find(reference) for reference in ("tiny", shipped.name, str(tmp_path / place))]
        assert [stored.folder for stored in found] == [tmp_path / place] * 3
        assert store.list() == (found[0],)

    @pytest.mark.parametrize("place", ["artifacts/tiny", "wheel/tiny"], ids=["checkout", "wheel"])
    def test_stays_what_the_kind_means(self, tmp_path: Path, root: Path, place: str) -> None:
        """A version trained later changes neither what the kind means nor the default's name and path."""
        store = FilesystemModelStore(root, [tmp_path / place])
        shipped = ship(store, tmp_path / place)
        trained = store.save(small_card(), weights)
        found = [store.find(reference) for reference in ("tiny", shipped.name, str(tmp_path / place))]
        assert [stored.folder for stored in found] == [tmp_path / place] * 3
        assert store.locate("tiny") == (tmp_path / place).resolve()
        assert store.find(trained.name) == trained
        assert [stored.version for stored in store.list()] == [trained.version, shipped.version]

    def test_gives_way_to_a_bundle_in_the_kinds_own_folder(self, tmp_path: Path, root: Path) -> None:
        """A bundle that a person put where a checkout has the shipped one is what the kind means."""
        store = FilesystemModelStore(root, [tmp_path / "wheel" / "tiny"])
        ship(store, tmp_path / "wheel" / "tiny")
        shutil.copytree(tmp_path / "wheel" / "tiny", root / "tiny", dirs_exist_ok=True)
        assert store.find("tiny").folder == root / "tiny"

    def test_of_another_kind_is_no_answer(self, tmp_path: Path, root: Path) -> None:
        """The default of one kind is not found under the name of another."""
        store = FilesystemModelStore(root, [tmp_path / "wheel" / "tiny"])
        ship(store, tmp_path / "wheel" / "tiny")
        with pytest.raises(ModelNotFoundError, match=r"nor as a path\. Known models are: tiny\."):
            store.find("scibert")
        with pytest.raises(ModelNotFoundError, match=r"Did you mean tiny\? Known models are: tiny\."):
            store.find("tinny")

    def test_without_its_manifest_is_damaged(self, tmp_path: Path, root: Path) -> None:
        """A default that lost its manifest is reported as such, not as absent."""
        store = FilesystemModelStore(root, [tmp_path / "wheel" / "tiny"])
        ship(store, tmp_path / "wheel" / "tiny")
        (tmp_path / "wheel" / "tiny" / "manifest.json").unlink()
        with pytest.raises(CorruptModelError, match=r"lacks its file manifest\.json"):
            store.find("tiny")


class TestReferences:
    """The references that mean a model."""

    def test_a_relative_path(
        self, store: FilesystemModelStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A path counts from the working directory, and may begin with the home folder's sign."""
        saved = store.save(small_card(), weights)
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HOME", str(tmp_path))
        relative = saved.folder.relative_to(tmp_path)
        assert store.find(str(relative)) == store.find(f"~/{relative}") == store.find(f"./{relative}/") == saved

    def test_a_renamed_folder(self, store: FilesystemModelStore) -> None:
        """A version whose folder was renamed is found by the folder's name and by its own."""
        saved = store.save(small_card(), weights)
        saved.folder.rename(saved.folder.with_name("good"))
        assert store.find("tiny/good") == store.find(saved.name)

    def test_a_file_that_is_not_the_models(self, store: FilesystemModelStore) -> None:
        """A file beside a model's files does not stand for the model."""
        saved = store.save(small_card(), weights)
        (saved.folder / ".notes").write_text("mine", "utf-8")
        with pytest.raises(ModelNotFoundError, match="not a file of the model"):
            store.find(str(saved.folder / ".notes"))

    def test_its_model_card(self, store: FilesystemModelStore) -> None:
        """A model's manifest and its card in prose stand for the model."""
        saved = store.save(small_card(), weights)
        (saved.folder / "MODEL_CARD.md").write_text("# Tiny\n", "utf-8")
        assert (
            store.find(str(saved.folder / "MODEL_CARD.md")) == store.find(str(saved.folder / "manifest.json")) == saved
        )

    def test_a_file_outside_every_model(self, store: FilesystemModelStore, tmp_path: Path) -> None:
        """A lone weights file holds no model, and the error says what is missing."""
        (tmp_path / "model.keras").write_bytes(b"PK")
        with pytest.raises(ModelNotFoundError, match=r"model\.keras holds no model: manifest\.json is missing"):
            store.find(str(tmp_path / "model.keras"))

    def test_a_file_of_a_version_inside_the_default(self, tmp_path: Path, root: Path) -> None:
        """A version that lost its manifest is not taken for the default around it."""
        store = FilesystemModelStore(root, [root / "tiny"])
        ship(store, root / "tiny")
        trained = store.save(small_card(), weights)
        (trained.folder / "manifest.json").unlink()
        with pytest.raises(CorruptModelError, match="lacks its file"):
            store.find(str(trained.folder / "weights.bin"))

    def test_a_folder_around_models(self, store: FilesystemModelStore, root: Path) -> None:
        """A folder that holds models but is none is not guessed into one."""
        store.save(small_card(), weights)
        with pytest.raises(ModelNotFoundError, match="holds no model"):
            store.find(str(root))

    def test_nothing(self, store: FilesystemModelStore, monkeypatch: pytest.MonkeyPatch) -> None:
        """An empty reference does not mean the working directory, be it a model's folder."""
        monkeypatch.chdir(store.save(small_card(), weights).folder)
        with pytest.raises(ModelNotFoundError):
            store.find("")

    def test_a_model_of_another_kind(self, store: FilesystemModelStore, root: Path) -> None:
        """A bundle moved under another kind's name is refused, and is not listed under it."""
        saved = store.save(small_card("tiny"), weights)
        (root / "scibert").mkdir()
        saved.folder.rename(root / "scibert" / saved.version)
        with pytest.raises(IncompatibleModelError, match="is of kind tiny, not scibert"):
            store.find("scibert")
        assert store.list() == ()


class TestFailedSaves:
    """The files and the error that remain when a model cannot be written."""

    def test_full_disk(self, store: FilesystemModelStore, root: Path) -> None:
        """A full disk is an error that names the folder, and nothing of the model or its folders stays."""

        def fill(folder: Path) -> None:
            weights(folder)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder / "weights.bin"))

        with pytest.raises(ConfigurationError, match=f"cannot be written to {root / 'tiny'}: No space left on device"):
            store.save(small_card(), fill)
        assert not root.exists()

    @pytest.mark.parametrize("blocked", ["artifacts", "artifacts/tiny"])
    def test_a_file_where_the_folder_should_be(self, store: FilesystemModelStore, tmp_path: Path, blocked: str) -> None:
        """A path that is blocked by a file is an error that names it, and the file stays as it was."""
        (tmp_path / blocked).parent.mkdir(exist_ok=True)
        (tmp_path / blocked).write_text("mine", "utf-8")
        with pytest.raises(ConfigurationError, match=f"{tmp_path / 'artifacts/tiny'}: Not a directory"):
            store.save(small_card(), weights)
        assert (tmp_path / blocked).read_text("utf-8") == "mine"

    @pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a folder that root cannot write to")
    def test_a_read_only_folder(self) -> None:
        """A folder that takes no new folders is an error that names it."""
        with pytest.raises(ConfigurationError, match="/proc/tiny: "):
            FilesystemModelStore(Path("/proc")).save(small_card(), weights)

    def test_a_name_the_file_system_does_not_take(self, store: FilesystemModelStore, root: Path) -> None:
        """If the kind's folder cannot be made, the one above it, made for it, does not stay."""
        with pytest.raises(ConfigurationError, match="File name too long"):
            store.save(small_card("a" * 300), weights)
        assert not root.exists()

    def test_a_dangling_link(self, store: FilesystemModelStore, root: Path) -> None:
        """A store that is a link to nowhere is an error, not an endless search for a free version."""
        root.symlink_to(root.with_name("nowhere"))
        with pytest.raises(ConfigurationError, match="File exists"):
            store.save(small_card(), weights)

    @pytest.mark.parametrize("failure", [KeyboardInterrupt(), RuntimeError("training code")], ids=["ctrl-c", "bug"])
    def test_any_other_failure(self, store: FilesystemModelStore, root: Path, failure: BaseException) -> None:
        """An interrupt or a bug comes through as it is, and leaves nothing beside the models there were."""
        saved = store.save(small_card(), weights)

        def fail(folder: Path) -> None:
            weights(folder)
            raise failure

        with pytest.raises(type(failure)):
            store.save(small_card(), fail)
        assert list((root / "tiny").iterdir()) == [saved.folder]

    def test_what_cannot_be_read_back(self, store: FilesystemModelStore, root: Path, tmp_path: Path) -> None:
        """Weights that are a link out of the folder are not published."""
        (tmp_path / "elsewhere.bin").write_bytes(b"1234")
        with pytest.raises(CorruptModelError, match="outside the bundle"):
            store.save(small_card(), lambda folder: (folder / "weights.bin").symlink_to(tmp_path / "elsewhere.bin"))
        assert not root.exists()


def test_records_library_versions(store: FilesystemModelStore) -> None:
    """A saved model names the Python and the numpy it was made with."""
    import numpy

    libraries = store.save(small_card(), weights).libraries
    assert libraries["numpy"] == numpy.__version__
    assert libraries["python"].startswith("3.")


@pytest.mark.skipif(os.name == "nt", reason="needs file modes")
def test_whoever_may_read_the_manifest_may_read_the_weights(store: FilesystemModelStore) -> None:
    """Weights that a library wrote for their owner alone get the permissions of the manifest."""

    def private(folder: Path) -> None:
        weights(folder)
        (folder / "weights.bin").chmod(0o600)

    before = os.umask(0o022)
    try:
        folder = store.save(small_card(), private).folder
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o644}


def test_list_leaves_out_what_cannot_be_read(store: FilesystemModelStore) -> None:
    """A damaged manifest hides its own bundle only."""
    damaged = store.save(small_card(), weights)
    whole = store.save(small_card("other"), weights)
    (damaged.folder / "manifest.json").write_text("{", "utf-8")
    assert store.list() == (whole,)


def test_is_whole_the_moment_it_appears(store: FilesystemModelStore, root: Path) -> None:
    """While weights are being written, neither the list nor the kind knows of them."""
    seen: list[object] = []

    def look(folder: Path) -> None:
        weights(folder)
        seen.extend(store.list())
        with pytest.raises(ModelNotFoundError):
            store.find("tiny")

    store.save(small_card(), look)
    assert seen == [] and len(store.list()) == 1


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The names of what was flushed to the disk, in order, with the rename among them."""
    events: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def record_sync(descriptor: int) -> None:
        events.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        fsync(descriptor)

    def record_rename(path: Path, target: Path) -> Path:
        events.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", record_sync)
    monkeypatch.setattr(Path, "rename", record_rename)
    return lambda: events


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc to name a descriptor")
def test_everything_is_on_the_disk_before_it_appears(
    store: FilesystemModelStore, synced: Callable[[], list[str]]
) -> None:
    """Each file and the folder are flushed before the rename, and the folder above after it."""
    store.save(small_card(), weights)
    before, after = synced()[: synced().index("rename")], synced()[synced().index("rename") + 1 :]
    files = {"weights.bin", "manifest.json", "thresholds.json", "calibration.json"}
    assert set(before) == {*files, ".20261120T101112Z.partial"}
    assert after == ["tiny"]
