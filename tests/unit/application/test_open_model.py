"""Opening stored models from ports alone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from typing_extensions import override

from application.calibration.platt_scaling import CalibratedClassifier
from application.open_model import OpenModel
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.category import Category
from domain.ensemble import EnsembleMember
from domain.errors import ConfigurationError, IncompatibleModelError
from domain.label import Label
from domain.lifetime import Lifetime
from domain.model_bundle import StoredModel
from domain.ports.classifier import Classifier, ClassifierFamily
from domain.ports.explainer import Attributor
from domain.ports.model_kinds import ModelKinds
from domain.registered_model import MEMBERS
from tests.examples import small_card, small_taxonomy
from tests.fakes.classifier import FakeClassifier, FakeFamily
from tests.fakes.model_store import FakeModelStore

PAPERS = [Abstract("image pixel", month="2020-01"), Abstract("string brane", month="2019-11")]


class FakeKinds(ModelKinds):
    """The fitted kind `fake`, and the composite kind `pair`, whose members a test sets."""

    def __init__(self, *members: EnsembleMember) -> None:
        self._members = members

    @property
    @override
    def names(self) -> tuple[str, ...]:
        return ("fake", "pair")

    @override
    def is_composite(self, kind: str) -> bool:
        return kind == "pair"

    @override
    def family(self, kind: str) -> ClassifierFamily:
        return FakeFamily()

    @override
    def members(self, kind: str, folder: Path) -> Sequence[EnsembleMember]:
        return self._members

    @override
    def attributor(self, kind: str, raw: Classifier) -> Attributor | None:
        return None


@pytest.fixture
def store(tmp_path: Path) -> FakeModelStore:
    """A store with one untrained model of kind `fake`."""
    store = FakeModelStore(tmp_path)
    store.save(small_card("fake"), FakeClassifier(small_taxonomy()).save)
    return store


def probabilities(classifier: Classifier) -> list[list[float]]:
    """Returns a classifier's probabilities for the papers."""
    table: list[list[float]] = np.asarray(classifier.predict(PAPERS).probabilities).tolist()
    return table


def nothing(folder: Path) -> None:
    """A composite has no weights of its own."""


def test_a_model_comes_with_its_calibration(store: FakeModelStore) -> None:
    """The classifier is calibrated as the card says, and the raw one is not."""
    model = OpenModel(store, FakeKinds(), FakeModelStore)("fake")
    raw = FakeClassifier(small_taxonomy())
    assert probabilities(model.raw) == probabilities(raw)
    assert probabilities(model.classifier) == probabilities(CalibratedClassifier(raw, small_card().calibration))
    assert probabilities(model.classifier) != probabilities(raw)


def test_an_unknown_kind_is_refused_with_the_known_ones(store: FakeModelStore) -> None:
    """A bundle of a later program is an IncompatibleModelError that names the kinds of this one."""
    store.save(small_card("other"), nothing)
    with pytest.raises(IncompatibleModelError, match="kind 'other'; this program serves fake, pair"):
        OpenModel(store, FakeKinds(), FakeModelStore)("other")


def test_a_check_refuses_a_model_before_it_is_loaded(store: FakeModelStore) -> None:
    """The check gets the reference and the model; what it raises comes out, and no weights are read."""
    seen: list[tuple[str, str]] = []

    def check(reference: str, stored: StoredModel) -> None:
        seen.append((reference, stored.card.kind))
        raise ConfigurationError("no")

    store.save(small_card("other"), nothing)  # loading it would be another error
    with pytest.raises(ConfigurationError, match="no"):
        OpenModel(store, FakeKinds(), FakeModelStore, check=check)("other")
    assert seen == [("other", "other")]


def test_a_model_is_opened_by_its_folder(store: FakeModelStore) -> None:
    """A folder and a bundle that was found give the same model as a reference."""
    open_model = OpenModel(store, FakeKinds(), FakeModelStore)
    by_name = open_model("fake")
    for model in (open_model.in_folder(by_name.stored.folder), open_model.opened(open_model.find("fake"))):
        assert model.stored == by_name.stored
        assert probabilities(model.classifier) == probabilities(by_name.classifier)


def test_categories_of_another_time_are_closed(store: FakeModelStore) -> None:
    """With lifetimes a paper gets no category that had ended, and an explanation says that it was closed."""
    ended: dict[Label, Lifetime] = {Category.parse("hep-th"): Lifetime(None, "2019-12")}
    now = lambda: datetime(2026, 1, 1, tzinfo=UTC)  # noqa: E731  # a clock
    open_model = OpenModel(store, FakeKinds(), FakeModelStore, lifetimes=ended, now=now)
    model = open_model("fake")
    column = small_taxonomy().column(Category.parse("hep-th"))
    given = [row[column] > 0 for row in probabilities(model.classifier)]
    assert given == [False, True]
    methods = [
        open_model.explainer(model).explain(paper, [Category.parse("hep-th")])[0].method == "closed" for paper in PAPERS
    ]
    assert methods == [True, False]


def test_a_composite_is_made_of_calibrated_members(store: FakeModelStore) -> None:
    """An ensemble of one model says what that model says, with its own calibration on top."""
    (member,) = store.list()
    identity = Calibration((1.0,) * 5, (0.0,) * 5)
    store.save(small_card("pair", calibration=identity), nothing)
    kinds = FakeKinds(EnsembleMember(member.name, member.digest, 1.0))
    open_model = OpenModel(store, kinds, FakeModelStore)
    assert np.allclose(probabilities(open_model("pair").classifier), probabilities(open_model("fake").classifier))
    assert open_model.members(store.find("pair")) == [member]
    assert open_model.members(member) == []


def test_members_beside_a_registered_model_come_first(store: FakeModelStore, tmp_path: Path) -> None:
    """A bundle with a folder of members beside it takes them from there."""
    (member,) = store.list()
    stored = store.save(small_card("pair"), nothing)
    beside = stored.folder.parent / MEMBERS
    beside.mkdir()
    asked: list[Path] = []

    def store_at(folder: Path) -> FakeModelStore:
        asked.append(folder)
        return store

    OpenModel(store, FakeKinds(EnsembleMember(member.name, member.digest, 1.0)), store_at)("pair")
    assert asked == [beside]
