"""How the composition root finds what an ensemble averages."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from adapters.classifiers.ensemble.members import write_members
from adapters.model_store.filesystem import FilesystemModelStore
from application.calibration.platt_scaling import CalibratedClassifier
from application.models.ensemble import EnsembleClassifier
from application.register_model import RegisterCommand
from domain.abstract import Abstract
from domain.ensemble import EnsembleMember
from domain.errors import ConfigurationError, CorruptModelError, IncompatibleModelError, ModelNotFoundError
from domain.model_bundle import StoredModel
from domain.ports.classifier import Classifier, FitSession
from domain.taxonomy import Taxonomy
from entrypoints.container import Container, container_of
from entrypoints.registry import CLASSIFIERS
from entrypoints.settings import Settings
from tests.examples import small_card, small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier

ABSTRACTS = [paper.abstract for paper in small_papers(5)]
WEIGHTS = (0.25, 0.75)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FilesystemModelStore:
    """A store, empty, in a program that knows the kind `fake` and ships no model."""
    monkeypatch.setattr("entrypoints.resources.bundled_models", lambda: ())
    monkeypatch.setitem(CLASSIFIERS, "fake", "tests.fakes.classifier:FakeFamily")
    return FilesystemModelStore(tmp_path / "models")


@pytest.fixture
def container(tmp_path: Path, store: FilesystemModelStore) -> Container:
    """A container on that store, asked for an ensemble."""
    return container_of(Settings(kind="ensemble", artifacts=tmp_path / "models"))


def member(store: FilesystemModelStore, folder: Path, papers: int) -> tuple[StoredModel, Classifier]:
    """Returns a stored model that learnt from the given number of papers, and its served form."""
    classifier = FakeClassifier(small_taxonomy())
    folder.mkdir(exist_ok=True)
    classifier.fit(small_papers(papers), [], FitSession(1, folder, lambda batch: 0.0))
    card = small_card("fake")
    return store.save(card, classifier.save), CalibratedClassifier(classifier, card.calibration)


def ensemble(store: FilesystemModelStore, *members: StoredModel) -> StoredModel:
    """A stored ensemble of those."""
    recorded = [EnsembleMember(each.name, each.digest, w) for each, w in zip(members, WEIGHTS, strict=True)]
    return store.save(small_card("ensemble"), lambda folder: write_members(folder, recorded))


@pytest.fixture
def members(store: FilesystemModelStore, tmp_path: Path) -> list[tuple[StoredModel, Classifier]]:
    """Two stored models that say different things."""
    return [member(store, tmp_path / "workspace", papers) for papers in (8, 40)]


def test_an_ensemble_averages_what_its_members_serve(
    container: Container, store: FilesystemModelStore, members: list[tuple[StoredModel, Classifier]]
) -> None:
    """Members' calibrated probabilities are averaged by weight, and the mean is calibrated by the ensemble's own."""
    stored = ensemble(store, *(stored for stored, _ in members))
    served = container.loaded_model("ensemble")
    weighted = [(classifier, weight) for (_, classifier), weight in zip(members, WEIGHTS, strict=True)]
    expected = CalibratedClassifier(EnsembleClassifier(weighted), small_card().calibration).predict(ABSTRACTS)
    assert served.stored == stored
    assert (
        np.asarray(served.classifier.predict(ABSTRACTS).probabilities).tolist()
        == np.asarray(expected.probabilities).tolist()
    )


def test_a_missing_member_is_named(
    container: Container, store: FilesystemModelStore, members: list[tuple[StoredModel, Classifier]]
) -> None:
    """An ensemble whose member was deleted is a ModelNotFoundError that names both."""
    stored = ensemble(store, *(stored for stored, _ in members))
    gone = members[0][0]
    shutil.rmtree(gone.folder)
    with pytest.raises(ModelNotFoundError, match=f"{stored.name} averages {gone.name}, which is not among"):
        container.loaded_model("ensemble")


def test_an_altered_member_is_refused(
    container: Container, store: FilesystemModelStore, members: list[tuple[StoredModel, Classifier]]
) -> None:
    """A member whose manifest is another than the recorded one is an IncompatibleModelError that says what to do."""
    ensemble(store, *(stored for stored, _ in members))
    manifest = members[1][0].folder / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"seed": 7', '"seed": 8'))
    with pytest.raises(IncompatibleModelError, match=r"another model: its manifest's SHA-256 begins .* Put that"):
        container.loaded_model("ensemble")


def test_a_damaged_member_is_refused(
    container: Container, store: FilesystemModelStore, members: list[tuple[StoredModel, Classifier]]
) -> None:
    """A member's files are checked as if it were served alone."""
    ensemble(store, *(stored for stored, _ in members))
    (members[1][0].folder / "weights.json").write_text("{}")
    with pytest.raises(CorruptModelError, match=r"weights\.json"):
        container.loaded_model("ensemble")


def test_other_categories_are_refused(
    container: Container, store: FilesystemModelStore, members: list[tuple[StoredModel, Classifier]]
) -> None:
    """An ensemble whose own columns are not its members' is an IncompatibleModelError."""
    turned = Taxonomy(tuple(reversed(small_taxonomy().infos)))
    recorded = [EnsembleMember(stored.name, stored.digest, 1.0) for stored, _ in members]
    store.save(small_card("ensemble", taxonomy=turned), lambda folder: write_members(folder, recorded))
    with pytest.raises(IncompatibleModelError, match="same categories in the same order"):
        container.loaded_model("ensemble")


def test_an_ensemble_of_ensembles(
    container: Container, store: FilesystemModelStore, members: list[tuple[StoredModel, Classifier]]
) -> None:
    """An ensemble may be a member."""
    inner = ensemble(store, *(stored for stored, _ in members))
    outer = ensemble(store, inner, members[0][0])
    assert container.loaded_model(outer.name).classifier.predict([Abstract("image pixel")])


def test_an_ensemble_is_not_trained(container: Container) -> None:
    """The error for an ensemble's family names the command that builds one."""
    with pytest.raises(ConfigurationError, match="`arxiv-classifier ensemble MODEL MODEL`"):
        container.family("ensemble")


def test_a_registered_ensemble_has_its_members_with_it(
    container: Container, store: FilesystemModelStore, members: list[tuple[StoredModel, Classifier]], tmp_path: Path
) -> None:
    """It predicts alike when everything that was trained is gone, and a damaged member bars its promotion."""
    stored = ensemble(store, *(stored for stored, _ in members))
    expected = np.asarray(container.loaded_model(stored.name).classifier.predict(ABSTRACTS).probabilities).tolist()
    registered, _ = container.register_model()(RegisterCommand(stored.name, "x"))
    for kind in ("fake", "ensemble"):
        shutil.rmtree(tmp_path / "models" / kind)
    served = container.loaded_model("registry:x/1")
    assert np.asarray(served.classifier.predict(ABSTRACTS).probabilities).tolist() == expected
    (weights, _) = served.stored.folder.parent.rglob("members/*/*/weights.json")
    weights.chmod(0o644)
    weights.write_text("{}")
    with pytest.raises(CorruptModelError, match=r"weights\.json"):
        container.promote_model()(registered.reference, "champion")
