"""The registry in folders: its files, and faults in them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from adapters.registry.filesystem import FilesystemModelRegistry, build
from domain.errors import ConfigurationError, CorruptModelError
from domain.model_bundle import StoredModel
from domain.registered_model import AliasChange, Registration, RegistryReference
from tests.examples import small_card

ROOT = Path(__file__).parents[4]
NAME = "arxiv-classifier"
AT = "2026-11-21T10:00:00+00:00"
CHAMPION = RegistryReference(NAME, alias="champion")


@pytest.fixture
def stored(tmp_path: Path) -> StoredModel:
    """A bundle of some size."""
    store = FilesystemModelStore(tmp_path / "models")

    def write_weights(folder: Path) -> None:
        (folder / "weights.bin").write_bytes(bytes(200_000))

    return store.save(small_card(), write_weights)


@pytest.fixture
def registry(tmp_path: Path) -> FilesystemModelRegistry:
    """An empty registry."""
    return FilesystemModelRegistry(tmp_path / "registry")


def promote(registry: FilesystemModelRegistry, version: int) -> None:
    """Makes a version the champion."""
    registry.move(NAME, "champion", lambda alias: AliasChange(version, alias.version, "promote", AT))


def test_nobody_may_write_to_a_registered_bundle(registry: FilesystemModelRegistry, stored: StoredModel) -> None:
    """Files of a registered bundle are read-only, and no hard links of the original's."""
    folder = registry.locate(registry.register(NAME, Registration(stored, AT)))
    for path in (path for path in folder.rglob("*") if path.is_file()):
        assert path.stat().st_mode & 0o222 == 0
        assert path.stat().st_nlink == 1


def test_files_of_other_models_are_left_out(registry: FilesystemModelRegistry, stored: StoredModel) -> None:
    """Only what a bundle lists is copied: versions that lie in the folder of the shipped one stay there."""
    (stored.folder / "20260101T000000Z").mkdir()
    (stored.folder / "20260101T000000Z" / "manifest.json").write_text("{}")
    (stored.folder / "MODEL_CARD.md").write_text("prose")
    folder = registry.locate(registry.register(NAME, Registration(stored, AT)))
    assert {path.name for path in folder.iterdir()} == {*stored.files, "manifest.json", "MODEL_CARD.md"}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '{"name": "arxiv-classifier"}',
        "[" * 100_000,
        '{"name": 1, "version": "1"}',
        "\x00",
    ],
)
def test_a_corrupt_entry_is_named(registry: FilesystemModelRegistry, stored: StoredModel, content: str) -> None:
    """An entry that is no JSON, or lacks something, is a CorruptModelError with its path and a remedy."""
    registry.register(NAME, Registration(stored, AT))
    (registry._folder / NAME / "1" / "entry.json").write_text(content)
    with pytest.raises(CorruptModelError, match=r"1/entry\.json cannot be read.*Register the model again"):
        registry.find(RegistryReference(NAME, 1))


def test_a_corrupt_entry_hides_no_other(
    registry: FilesystemModelRegistry, stored: StoredModel, caplog: pytest.LogCaptureFixture
) -> None:
    """Versions beside one that cannot be read are listed, and the log names the one that is not."""
    for _ in range(3):
        registry.register(NAME, Registration(stored, AT))
    (registry._folder / NAME / "2" / "entry.json").write_text("{")
    assert [model.version for model in registry.versions(NAME)] == [3, 1]
    assert "2/entry.json" in caplog.text
    assert registry.register(NAME, Registration(stored, AT)).version == 4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("digest", 7),
        ("version", "1"),
        ("version", True),
        ("size", None),
        ("metrics", [1]),
        ("categories", 3),
        ("name", "../x"),
    ],
)
def test_a_wrong_field_is_noticed(
    registry: FilesystemModelRegistry, stored: StoredModel, name: str, value: object
) -> None:
    """A field of another type is a CorruptModelError."""
    registry.register(NAME, Registration(stored, AT))
    path = registry._folder / NAME / "1" / "entry.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))
    with pytest.raises(CorruptModelError, match=r"entry\.json"):
        registry.find(RegistryReference(NAME, 1))


def test_an_entry_of_another_version_is_noticed(registry: FilesystemModelRegistry, stored: StoredModel) -> None:
    """A folder that was copied to another number is not taken for that version."""
    registry.register(NAME, Registration(stored, AT))
    (registry._folder / NAME / "1").rename(registry._folder / NAME / "2")
    with pytest.raises(CorruptModelError, match="is the record of registry:arxiv-classifier/1"):
        registry.find(RegistryReference(NAME))


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"champion": []}',
        '{"champion": [{"version": 1}]}',
        '{"champion": [{"version": "1", "previous": null, "action": "promote", "at": "", "by": ""}]}',
        '{"champion": [{"version": 0, "previous": null, "action": "promote", "at": "", "by": ""}]}',
        '{"champion": [{"version": 1, "previous": null, "action": "demote", "at": "", "by": ""}]}',
        '{"../x": [{"version": 1, "previous": null, "action": "promote", "at": "", "by": ""}]}',
    ],
)
def test_corrupt_aliases_are_named_and_kept(
    registry: FilesystemModelRegistry, stored: StoredModel, content: str
) -> None:
    """Aliases that cannot be read are a CorruptModelError with the path. A promotion does not write over them."""
    registry.register(NAME, Registration(stored, AT))
    path = registry._folder / NAME / "aliases.json"
    path.write_text(content)
    for ask in (lambda: registry.find(CHAMPION), lambda: promote(registry, 1)):
        with pytest.raises(CorruptModelError, match=r"aliases\.json cannot be read"):
            ask()
    assert path.read_text() == content
    assert registry.find(RegistryReference(NAME, 1)).version == 1


def test_numbers_are_not_used_again(registry: FilesystemModelRegistry, stored: StoredModel) -> None:
    """A version that was deleted by hand while an alias remembers it is not replaced by another model."""
    registry.register(NAME, Registration(stored, AT))
    registry.register(NAME, Registration(stored, AT))
    promote(registry, 2)
    (registry._folder / NAME / "2").rename(registry._folder / "elsewhere")
    assert registry.register(NAME, Registration(stored, AT)).version == 3
    with pytest.raises(CorruptModelError, match=r"2/entry\.json"):
        registry.find(CHAMPION)


def test_what_is_no_version_is_passed_over(registry: FilesystemModelRegistry, stored: StoredModel) -> None:
    """Folders of other names, a partial one of a killed process, and files are no versions."""
    registry.register(NAME, Registration(stored, AT))
    for name in (".abc.partial", "01", "x", "-1"):
        (registry._folder / NAME / name).mkdir()
    (registry._folder / "file").write_text("")
    (registry._folder / "empty").mkdir()
    assert [model.version for model in registry.versions(NAME)] == [1]
    assert registry.names() == (NAME,)


def test_options(tmp_path: Path) -> None:
    """The folder can be chosen. An unknown or bad option is refused."""
    assert build({"folder": str(tmp_path / "elsewhere")}, tmp_path).names() == ()
    with pytest.raises(ConfigurationError, match="Did you mean 'folder'"):
        build({"foldr": "x"}, tmp_path)
    with pytest.raises(ConfigurationError, match="It has to be a path"):
        build({"folder": 7}, tmp_path)


def test_a_folder_that_cannot_be_made_is_told(stored: StoredModel) -> None:
    """If the registry cannot be, the error names the folder and the setting."""
    with pytest.raises(ConfigurationError, match=r"/proc/registry.*REGISTRY_OPTIONS__FOLDER"):
        FilesystemModelRegistry(Path("/proc/registry")).register(NAME, Registration(stored, AT))


_REGISTER = """
import resource, signal, sys
from pathlib import Path
from adapters.model_store.filesystem import FilesystemModelStore
from adapters.registry.filesystem import FilesystemModelRegistry
from domain.registered_model import AliasChange, Registration

registry, stored = FilesystemModelRegistry(Path(sys.argv[1])), FilesystemModelStore(Path(sys.argv[2])).find("tiny")
what, size = sys.argv[3], int(sys.argv[4])
if size:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    sys.dont_write_bytecode = True  # it would be cut off too
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
if what == "register":
    registry.register("arxiv-classifier", Registration(stored, "2026"))
number = 0
while what == "promote":
    number += 1
    registry.move(
        "arxiv-classifier", "champion",
        lambda alias: AliasChange(number % 2 + 1, alias.version, "promote", "2026-11-21T10:00:00+00:00", "x" * 100),
    )
    print(number, flush=True)
"""


def _process(registry: FilesystemModelRegistry, stored: StoredModel, what: str, size: int = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _REGISTER, str(registry._folder), str(stored.folder.parents[1]), what, str(size)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_full_disk_leaves_no_version(registry: FilesystemModelRegistry, stored: StoredModel) -> None:
    """If a bundle cannot be written whole, the error says so and nothing of it is there."""
    process = _process(registry, stored, "register", 100_000)
    _, told = process.communicate(timeout=60)
    assert "ConfigurationError: tiny/" in told
    assert "File too large" in told
    assert "Free space there" in told
    assert not registry._folder.exists() or list(registry._folder.rglob("*")) == []
    assert registry.register(NAME, Registration(stored, AT)).version == 1


def test_a_full_disk_leaves_the_alias_as_it_was(registry: FilesystemModelRegistry, stored: StoredModel) -> None:
    """If the moved alias cannot be written, it means what it meant and its history is whole."""
    for _ in range(2):
        registry.register(NAME, Registration(stored, AT))
    process = _process(registry, stored, "promote", 4000)
    printed, told = process.communicate(timeout=60)
    assert "The alias champion of arxiv-classifier cannot be moved" in told
    (alias,) = registry.aliases(NAME)
    assert len(alias.history) == int(printed.split()[-1])
    assert registry.find(CHAMPION).version == alias.history[-1].version
    assert [path.name for path in (registry._folder / NAME).iterdir() if path.name.endswith(".partial")] == []


def test_a_kill_loses_no_move(registry: FilesystemModelRegistry, stored: StoredModel) -> None:
    """Two processes promote without end and are killed: readers always see whole files, and no move told of is lost."""
    for _ in range(2):
        registry.register(NAME, Registration(stored, AT))
    processes = [_process(registry, stored, "promote") for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline()
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        assert registry.aliases(NAME)  # a reader that takes no lock sees whole files only
    told = 0
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
        printed, _ = process.communicate(timeout=60)
        told += 1 + len(printed.split())
    (alias,) = registry.aliases(NAME)
    assert told <= len(alias.history)  # some may be written and not told of yet
    assert [change.previous for change in alias.history[1:]] == [change.version for change in alias.history[:-1]]
    promote(registry, 1)  # no lock is left
    assert registry.find(CHAMPION).version == 1


def test_a_killed_registration_leaves_nothing_to_see(registry: FilesystemModelRegistry, stored: StoredModel) -> None:
    """Registrations that are killed at any moment leave whole versions or none."""
    for wait in (0.0, 0.02, 0.05, 0.1):
        process = _process(registry, stored, "register")
        deadline = time.monotonic() + 30
        while not registry._folder.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(wait)
        process.kill()
        process.communicate(timeout=60)
    registry.register(NAME, Registration(stored, AT))
    for model in registry.versions(NAME):
        assert FilesystemModelStore(registry._folder / "none").find(str(registry.locate(model))).digest == stored.digest
