"""Registering, promoting and rolling back, with fakes."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.model_store.filesystem import FilesystemModelStore
from application.models.bundle_check import CheckBundle
from application.models.registered_models import RegisteredModels
from application.promote_model import Move, PromoteModel, RollBackModel
from application.register_model import RegisterCommand, RegisterModel
from domain.errors import CorruptModelError, IncompatibleModelError, InvalidInputError, ModelNotFoundError
from domain.model_bundle import StoredModel
from domain.ports.model_store import ModelStore
from domain.ports.registry import ModelRegistry
from domain.registered_model import RegisteredModel, RegistryReference
from domain.taxonomy import Taxonomy
from tests.examples import small_card, small_taxonomy
from tests.fakes.model_registry import FakeModelRegistry

NAME = "arxiv-classifier"
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@pytest.fixture
def registry(tmp_path: Path) -> ModelRegistry:
    """An empty registry."""
    return FakeModelRegistry(tmp_path / "registry")


@pytest.fixture
def store(tmp_path: Path, registry: ModelRegistry) -> ModelStore:
    """A store of models that finds registered ones too."""
    return RegisteredModels(FilesystemModelStore(tmp_path / "models"), lambda: registry)


@pytest.fixture
def check(registry: ModelRegistry, store: ModelStore) -> CheckBundle:
    """The check that a registered bundle is whole."""
    return CheckBundle(registry, store)


@pytest.fixture
def register(registry: ModelRegistry, store: ModelStore, check: CheckBundle) -> Callable[..., RegisteredModel]:
    """Saves a model and registers it."""

    def register_(**changes: object) -> RegisteredModel:
        stored = save(store, **changes)
        model, _ = RegisterModel(registry, store, check, now=lambda: NOW)(RegisterCommand(stored.name, NAME))
        return model

    return register_


@pytest.fixture
def promote(registry: ModelRegistry, check: CheckBundle) -> Callable[..., Move]:
    """Promotes a version by its number."""

    def promote_(version: int, alias: str = "champion", **said: bool) -> Move:
        use = PromoteModel(registry, check, now=lambda: NOW)
        return use(RegistryReference(NAME, version), alias, by="me", **said)

    return promote_


@pytest.fixture
def roll_back(registry: ModelRegistry, check: CheckBundle) -> Callable[..., Move]:
    """Rolls an alias back."""
    return lambda alias="champion": RollBackModel(registry, check, now=lambda: NOW)(NAME, alias, by="me")


def save(store: ModelStore, **changes: object) -> StoredModel:
    """A new stored model."""
    return store.save(small_card(**changes), lambda folder: (folder / "weights.bin").write_bytes(b"1234"))  # type: ignore[arg-type]  # fields of a card


def other_taxonomy() -> Taxonomy:
    """The small taxonomy without its last category."""
    return small_taxonomy().subset(small_taxonomy().categories[:-1])


def other_categories() -> dict[str, object]:
    """Changes of a card for that taxonomy."""
    card = small_card()
    calibration = replace(
        card.calibration, slopes=card.calibration.slopes[:-1], intercepts=card.calibration.intercepts[:-1]
    )
    return {
        "taxonomy": other_taxonomy(),
        "thresholds": replace(card.thresholds, by_category={}),
        "calibration": calibration,
    }


def test_registering_the_same_bundle_twice_makes_one_version(
    registry: ModelRegistry, store: ModelStore, check: CheckBundle
) -> None:
    """The second time, the existing version is returned. Another name gets a new version."""
    stored, use = save(store), RegisterModel(registry, store, check, now=lambda: NOW)
    first, again = (use(RegisterCommand(stored.name, NAME, by="me", notes="n", run="r")) for _ in range(2))
    assert (first[0].version, first[1], again) == (1, True, (first[0], False))
    assert (first[0].by, first[0].notes, first[0].run, first[0].registered) == ("me", "n", "r", NOW.isoformat())
    assert use(RegisterCommand(stored.name, "other"))[1] is True


def test_a_version_names_the_run_of_its_manifest(
    registry: ModelRegistry, store: ModelStore, check: CheckBundle
) -> None:
    """If no run is given, the version names the run of the model's manifest."""
    stored = save(store, run_id="20261125T214952-d4fae2")
    model, _ = RegisterModel(registry, store, check)(RegisterCommand(stored.name, NAME))
    assert model.run == "20261125T214952-d4fae2"


def test_a_damaged_version_is_registered_anew(
    registry: ModelRegistry, store: ModelStore, check: CheckBundle, register: Callable[..., RegisteredModel]
) -> None:
    """If the registered copy was altered, the same bundle becomes a new version."""
    model = register()
    (registry.locate(model) / "weights.bin").write_bytes(b"9999")
    again = RegisterModel(registry, store, check)(RegisterCommand(model.model, NAME))
    assert (again[0].version, again[1]) == (2, True)


def test_a_damaged_bundle_is_not_registered(registry: ModelRegistry, store: ModelStore, check: CheckBundle) -> None:
    """A bundle that does not verify in the store is not registered."""
    stored = save(store)
    (stored.folder / "weights.bin").write_bytes(b"9999")
    with pytest.raises(CorruptModelError, match=r"weights\.bin"):
        RegisterModel(registry, store, check)(RegisterCommand(stored.name, NAME))
    assert registry.names() == ()


def test_a_promotion_tells_who_was_before(
    register: Callable[..., RegisteredModel], promote: Callable[..., Move], registry: ModelRegistry
) -> None:
    """A promotion gives the alias, and says who had it; promoting the holder changes nothing."""
    one, two = register(), register()
    assert (promote(1).previous, promote(1).changed) == (None, False)
    moved = promote(2)
    assert (moved.model, moved.previous, moved.changed, moved.warnings) == (two, one, True, ())
    (alias,) = registry.aliases(NAME)
    assert [(c.version, c.previous, c.action, c.at, c.by) for c in alias.history] == [
        (1, None, "promote", NOW.isoformat(), "me"),
        (2, 1, "promote", NOW.isoformat(), "me"),
    ]


@pytest.mark.parametrize("damage", ["altered", "missing", "gone"])
def test_a_bundle_that_is_not_whole_is_not_promoted(
    damage: str, register: Callable[..., RegisteredModel], promote: Callable[..., Move], registry: ModelRegistry
) -> None:
    """The error names the file, and the alias stays where it is."""
    register()
    promote(1)
    folder = registry.locate(register())
    if damage == "altered":
        (folder / "weights.bin").write_bytes(b"9999")
    elif damage == "missing":
        (folder / "weights.bin").unlink()
    else:
        shutil.rmtree(folder)
    with pytest.raises(CorruptModelError, match=r"manifest\.json" if damage == "gone" else r"weights\.bin"):
        promote(2)
    assert registry.find(RegistryReference(NAME, alias="champion")).version == 1


def test_another_taxonomy_is_refused_with_the_difference(
    register: Callable[..., RegisteredModel], promote: Callable[..., Move], registry: ModelRegistry
) -> None:
    """A champion of other categories is refused, naming them, and taken with the flag, which warns."""
    register()
    promote(1)
    register(**other_categories())
    with pytest.raises(IncompatibleModelError, match=r"it lacks cs\.CV.*--allow-taxonomy-change"):
        promote(2)
    assert registry.find(RegistryReference(NAME, alias="champion")).version == 1
    (warning,) = promote(2, allow_taxonomy_change=True).warnings
    assert "it lacks cs.CV" in warning


def test_a_first_challenger_is_compared_with_the_champion(
    register: Callable[..., RegisteredModel], promote: Callable[..., Move]
) -> None:
    """If no version has the alias, the champion's categories count."""
    register()
    promote(1)
    register(**other_categories())
    with pytest.raises(IncompatibleModelError, match="than the champion"):
        promote(2, "challenger")
    assert promote(1, "challenger").changed


def test_the_order_of_categories_counts(register: Callable[..., RegisteredModel], promote: Callable[..., Move]) -> None:
    """The same categories in other columns are another taxonomy."""
    register()
    promote(1)
    register(taxonomy=small_taxonomy().subset(reversed(small_taxonomy().categories)))
    with pytest.raises(IncompatibleModelError, match="the same ones in another order"):
        promote(2)


def test_a_worse_model_is_promoted_with_a_warning(
    register: Callable[..., RegisteredModel], promote: Callable[..., Move]
) -> None:
    """The warning has both figures, and says whether they were measured on the same data."""
    register(metrics={"test": {"micro_f1": 0.7}})
    register(metrics={"test": {"micro_f1": 0.6}})
    register(metrics={"test": {"micro_f1": 0.5}}, data={"fingerprint": "cd"})
    promote(1)
    assert "0.6000, that of registry:arxiv-classifier/1 0.7000 (measured on the same data)" in promote(2).warnings[0]
    assert "other data" in promote(3).warnings[0]
    assert promote(1).warnings == ()


def test_a_model_that_was_never_tested_is_promoted_with_a_warning(
    register: Callable[..., RegisteredModel], promote: Callable[..., Move]
) -> None:
    """Figures of validation papers, as a sweep's model has, say nothing beside those of test papers."""
    register(metrics={"test": {"micro_f1": 0.7}})
    register(metrics={"validation": {"micro_f1": 0.8}})
    register(metrics={"validation": {"micro_f1": 0.9}})
    promote(1)
    (warning,) = promote(2).warnings
    assert "/2 cannot be compared with registry:arxiv-classifier/1: it was never measured on test papers" in warning
    assert promote(3).warnings == ()


def test_a_holder_whose_record_is_lost_does_not_bar_the_way(
    register: Callable[..., RegisteredModel], promote: Callable[..., Move], registry: ModelRegistry
) -> None:
    """A promotion succeeds if the bundle of the alias's holder is gone."""
    shutil.rmtree(registry.locate(register()))
    register()
    registry.move(NAME, "champion", lambda alias: None)
    assert promote(2).changed


def test_every_move_is_logged(
    registry: ModelRegistry,
    store: ModelStore,
    check: CheckBundle,
    promote: Callable[..., Move],
    roll_back: Callable[..., Move],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Registrations and moves of aliases are logged with the run and the user, and nothing else is."""
    caplog.set_level("INFO")
    for run in ("r1", "r2"):
        stored = save(store, run_id=run)
        for _ in range(2):  # the second changes nothing
            RegisterModel(registry, store, check)(RegisterCommand(stored.name, NAME, by="me"))
    for version in (1, 2, 2):
        promote(version)
    roll_back()
    logged = [vars(record) for record in caplog.records if "event" in vars(record)]
    one, two = (f"registry:{NAME}/{version}" for version in (1, 2))
    assert [[each["event"], each["reference"], each["run"], each["by"]] for each in logged] == [
        ["model_registered", one, "r1", "me"],
        ["model_registered", two, "r2", "me"],
        ["alias_moved", one, "r1", "me"],
        ["alias_moved", two, "r2", "me"],
        ["alias_moved", one, "r1", "me"],
    ]
    assert [[each["alias"], each["action"], each["previous"]] for each in logged[2:]] == [
        ["champion", "promote", None],
        ["champion", "promote", one],
        ["champion", "rollback", two],
    ]


def test_rollback_goes_back_further_each_time(
    register: Callable[..., RegisteredModel], promote: Callable[..., Move], roll_back: Callable[..., Move]
) -> None:
    """Two rollbacks undo two promotions, and a third says that there is nothing earlier."""
    for version in (1, 2, 3):
        register()
        promote(version)
    assert [roll_back().model.version for _ in range(2)] == [2, 1]
    with pytest.raises(ModelNotFoundError, match="no earlier version than 1"):
        roll_back()
    with pytest.raises(ModelNotFoundError, match="no alias 'challenger'"):
        roll_back("challenger")


def test_rollback_to_a_damaged_version_is_refused(
    register: Callable[..., RegisteredModel],
    promote: Callable[..., Move],
    roll_back: Callable[..., Move],
    registry: ModelRegistry,
) -> None:
    """The alias stays with a version that can be served."""
    first = register()
    promote(1)
    register()
    promote(2)
    (registry.locate(first) / "weights.bin").write_bytes(b"9999")
    with pytest.raises(CorruptModelError, match=r"weights\.bin"):
        roll_back()
    assert registry.find(RegistryReference(NAME, alias="champion")).version == 2


def test_rollback_to_other_categories_warns(
    register: Callable[..., RegisteredModel], promote: Callable[..., Move], roll_back: Callable[..., Move]
) -> None:
    """A rollback is not refused for categories, it says them."""
    register(**other_categories())
    promote(1)
    register()
    promote(2, allow_taxonomy_change=True)
    assert "it lacks cs.CV" in roll_back().warnings[0]


def test_bad_names_are_refused_before_anything_is_read(
    registry: ModelRegistry, store: ModelStore, check: CheckBundle, promote: Callable[..., Move]
) -> None:
    """A bad name or alias is an InvalidInputError, also where there is no such model."""
    with pytest.raises(InvalidInputError):
        RegisterModel(registry, store, check)(RegisterCommand("nothing", "../x"))
    with pytest.raises(InvalidInputError):
        promote(1, "latest")


def test_registered_models_are_found_by_reference(
    store: ModelStore, register: Callable[..., RegisteredModel], promote: Callable[..., Move], registry: ModelRegistry
) -> None:
    """A store finds and locates by alias, number and name, and says of which version a damaged bundle is."""
    model = register()
    promote(1)
    for reference in ("registry:arxiv-classifier", "registry:arxiv-classifier/1", "registry:arxiv-classifier@champion"):
        assert store.find(reference).digest == model.digest
        assert store.locate(reference) == registry.locate(model)
    (registry.locate(model) / "weights.bin").write_bytes(b"9999")
    with pytest.raises(CorruptModelError, match=r"registry:arxiv-classifier/1 cannot be used.*weights\.bin"):
        store.find("registry:arxiv-classifier@champion")
