"""The contract of every model registry."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from adapters.registry import filesystem, mlflow
from domain.errors import CorruptModelError, InvalidInputError, ModelNotFoundError
from domain.model_bundle import StoredModel
from domain.ports.registry import ModelRegistry
from domain.registered_model import Alias, AliasChange, Registration, RegistryReference
from tests.examples import small_card
from tests.fakes.model_registry import FakeModelRegistry

AT = "2026-11-21T10:00:00+00:00"
NAME = "arxiv-classifier"
Save = Callable[..., StoredModel]


@pytest.fixture(params=["fake", "filesystem", "mlflow"])
def registry(request: pytest.FixtureRequest, tmp_path: Path) -> ModelRegistry:
    """An empty registry."""
    if request.param == "fake":
        return FakeModelRegistry(tmp_path / "registry")
    if request.param == "mlflow":
        empty_mlflow: Callable[[Path], None] = request.getfixturevalue("empty_mlflow")
        empty_mlflow(tmp_path)
        return mlflow.build({}, tmp_path)
    return filesystem.build({}, tmp_path)


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Saves a bundle in a store of models."""

    def write_weights(folder: Path) -> None:
        (folder / "weights.bin").write_bytes(b"1234")
        (folder / "text").mkdir()
        (folder / "text" / "words.txt").write_text("network\n", "utf-8")

    return lambda **changes: FilesystemModelStore(tmp_path / "models").save(small_card(**changes), write_weights)


@pytest.fixture
def register(registry: ModelRegistry, save: Save) -> Callable[..., RegistryReference]:
    """Registers the given number of new bundles and returns the last one's reference."""

    def register_(count: int = 1, name: str = NAME) -> RegistryReference:
        made = [registry.register(name, Registration(save(seed=number), AT)) for number in range(count)]
        return made[-1].reference

    return register_


def promote(registry: ModelRegistry, version: int, alias: str = "champion", name: str = NAME) -> AliasChange | None:
    """Gives an alias to a version."""
    return registry.move(name, alias, lambda standing: AliasChange(version, standing.version, "promote", AT, "me"))


def champion(registry: ModelRegistry) -> Alias:
    """How the champion stands."""
    return next(alias for alias in registry.aliases(NAME) if alias.name == "champion")


def test_keeps_what_was_registered(registry: ModelRegistry, save: Save) -> None:
    """A registered bundle is found by its number, with all that is known of it."""
    stored = save(metrics={"test": {"micro_f1": 0.5, "roc_auc_macro": float("nan")}})
    made = registry.register(NAME, Registration(stored, AT, by="me", notes="first: é", run="r1"))
    assert registry.find(RegistryReference(NAME, 1)) == made
    assert (made.version, made.model, made.digest, made.notes, made.by) == (
        1,
        stored.name,
        stored.digest,
        "first: é",
        "me",
    )
    assert made.categories == tuple(category.identifier for category in stored.card.taxonomy)
    assert made.metrics == {"test": {"micro_f1": 0.5}}


def test_holds_the_bundle_itself(registry: ModelRegistry, save: Save, tmp_path: Path) -> None:
    """A registered model outlives the folder that it was registered from, and edits in it."""
    stored = save()
    made = registry.register(NAME, Registration(stored, AT))
    (stored.folder / "weights.bin").write_bytes(b"other")
    shutil.rmtree(stored.folder)
    found = FilesystemModelStore(tmp_path / "empty").find(str(registry.locate(made)))
    assert (found.digest, found.card, found.files) == (stored.digest, stored.card, stored.files)


def test_holds_what_a_bundle_needs(registry: ModelRegistry, save: Save, tmp_path: Path) -> None:
    """The members that are registered with a bundle lie in `members/<kind>/<version>/` beside it."""
    member = save(kind="other")
    made = registry.register(NAME, Registration(save(), AT, members=[member]))
    shutil.rmtree(member.folder)
    beside = registry.locate(made).parent / "members"
    assert FilesystemModelStore(beside).find(member.name).digest == member.digest
    assert made.size == 2 * sum(member.files.values()) or made.size > sum(member.files.values())


def test_numbers_versions_and_lists_the_newest_first(
    registry: ModelRegistry, register: Callable[..., RegistryReference]
) -> None:
    """Versions of each name count from 1; of twelve the twelfth is the newest."""
    register(12)
    register(1, "other")
    assert registry.names() == (NAME, "other")
    assert [model.version for model in registry.versions(NAME)] == list(range(12, 0, -1))
    assert registry.find(RegistryReference(NAME)).version == 12


def test_an_alias_moves(registry: ModelRegistry, register: Callable[..., RegistryReference]) -> None:
    """An alias means the version that it was given to last, and its history keeps every move in order."""
    register(2)
    for version in (1, 2, 1):
        promote(registry, version)
    assert registry.find(RegistryReference(NAME, alias="champion")).version == 1
    moves = [
        (change.version, change.previous, change.action, change.at, change.by) for change in champion(registry).history
    ]
    assert moves == [(1, None, "promote", AT, "me"), (2, 1, "promote", AT, "me"), (1, 2, "promote", AT, "me")]


def test_an_alias_is_one_of_several(registry: ModelRegistry, register: Callable[..., RegistryReference]) -> None:
    """Aliases do not disturb each other, also where one's name begins with another's."""
    register(2)
    promote(registry, 1, "champion")
    promote(registry, 2, "champion-2")
    assert [(alias.name, alias.version, len(alias.history)) for alias in registry.aliases(NAME)] == [
        ("champion", 1, 1),
        ("champion-2", 2, 1),
    ]


def test_rolls_back_step_by_step(registry: ModelRegistry, register: Callable[..., RegistryReference]) -> None:
    """Each rollback goes to the version before, until there is none."""
    register(3)
    for version in (1, 2, 3):
        promote(registry, version)
    for wanted in (2, 1):
        assert champion(registry).earlier() == wanted
        registry.move(NAME, "champion", lambda a, w=wanted: AliasChange(w, a.version, "rollback", AT))  # type: ignore[misc]  # bound now
        assert registry.find(RegistryReference(NAME, alias="champion")).version == wanted
    assert champion(registry).earlier() is None


def test_a_move_that_is_refused_changes_nothing(
    registry: ModelRegistry, register: Callable[..., RegistryReference]
) -> None:
    """If the decision is an error, or no change, the alias and its history stay."""
    register(2)
    promote(registry, 1)
    before = champion(registry)

    def refuse(_: Alias) -> AliasChange:
        raise InvalidInputError("no")

    with pytest.raises(InvalidInputError, match="no"):
        registry.move(NAME, "champion", refuse)
    assert registry.move(NAME, "champion", lambda standing: None) is None
    assert champion(registry) == before


def test_moves_at_the_same_time_all_land(registry: ModelRegistry, register: Callable[..., RegistryReference]) -> None:
    """Eight promotions that start together are eight moves, each from where the one before had put the alias."""
    register(2)
    barrier = Barrier(8, timeout=30)

    def move(number: int) -> None:
        barrier.wait()
        promote(registry, number % 2 + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(move, range(8)))
    moves = champion(registry).history
    assert len(moves) == 8
    assert [change.previous for change in moves] == [None, *(change.version for change in moves[:-1])]


def test_registrations_at_the_same_time_are_different_versions(registry: ModelRegistry, save: Save) -> None:
    """Four bundles registered together are four versions, each with its own bundle."""
    stored = [save(seed=number) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda each: registry.register(NAME, Registration(each, AT)), stored))
    assert sorted(model.version for model in made) == [1, 2, 3, 4]
    assert {registry.find(model.reference).digest for model in made} == {each.digest for each in stored}


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        (RegistryReference("other"), NAME),
        (RegistryReference("other", alias="champion"), NAME),
        (RegistryReference(NAME, 7), "1"),
        (RegistryReference(NAME, alias="challenger"), "champion"),
    ],
)
def test_says_what_there_is(
    registry: ModelRegistry, register: Callable[..., RegistryReference], reference: RegistryReference, told: str
) -> None:
    """A reference to nothing is a ModelNotFoundError that lists what there is."""
    register()
    promote(registry, 1)
    with pytest.raises(ModelNotFoundError, match=told):
        registry.find(reference)


def test_an_empty_registry(registry: ModelRegistry) -> None:
    """If nothing was registered there are no names and no aliases, and no alias can be moved."""
    assert registry.names() == ()
    assert registry.aliases(NAME) == ()
    for ask in (
        lambda: registry.versions(NAME),
        lambda: registry.find(RegistryReference(NAME)),
        lambda: promote(registry, 1),
    ):
        with pytest.raises(ModelNotFoundError, match="no registered model"):
            ask()


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "a b", ".hidden", "a@b", "é", "a" * 65, "a\n", "-x"])
def test_bad_names_are_refused(registry: ModelRegistry, save: Save, name: str) -> None:
    """A name that cannot be a folder's, or that could be an alias, is refused."""
    with pytest.raises(InvalidInputError, match="cannot name"):
        registry.register(name, Registration(save(), AT))


@pytest.mark.parametrize("alias", ["", "latest", "Latest", "v1", "V22", "1", "a/b", "a.b", "../x", "a" * 65, "a\n"])
def test_bad_aliases_are_refused(
    registry: ModelRegistry, register: Callable[..., RegistryReference], alias: str
) -> None:
    """A name that reads as a version or as a path is no alias."""
    register()
    with pytest.raises(InvalidInputError, match="cannot be an alias"):
        promote(registry, 1, alias)
    assert registry.aliases(NAME) == ()


def test_an_altered_manifest_is_noticed(registry: ModelRegistry, save: Save) -> None:
    """If a bundle's manifest is not the registered one, its place is not told. If it is gone, neither."""
    made = registry.register(NAME, Registration(save(), AT))
    for each in _copies(registry, made.version):
        manifest = each / "manifest.json"
        manifest.chmod(0o644)
        manifest.write_bytes(manifest.read_bytes() + b" ")
    with pytest.raises(CorruptModelError, match=r"manifest\.json"):
        registry.locate(made)
    for each in _copies(registry, made.version):
        shutil.rmtree(each)
    with pytest.raises(CorruptModelError, match="gone"):
        registry.locate(made)


def _copies(registry: ModelRegistry, version: int) -> list[Path]:
    """Wherever a registry keeps the bundle of a version."""
    root: Path = registry._folder  # type: ignore[attr-defined]  # the test damages what the adapter keeps to itself
    return [path.parent for path in root.parent.rglob("bundle/manifest.json") if "models" not in path.parts]
