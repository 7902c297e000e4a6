"""Building an ensemble from ports alone: what decides its weights, and what is stored of it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from application.build_ensemble import BuildEnsemble, BuildEnsembleCommand, BuildEnsembleResult, Candidate
from application.papers.splitting import SplitPolicy
from domain.abstract import Abstract
from domain.category import Category
from domain.ensemble import EnsembleMember
from domain.errors import IncompatibleModelError, InvalidInputError, ModelNotFoundError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import FitSession
from domain.ports.dataset import BadRecord, Split
from domain.taxonomy import Taxonomy
from tests.examples import small_card, small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier
from tests.fakes.dataset import FakeDataset
from tests.fakes.model_store import FakeModelStore
from tests.fakes.tracker import FakeTracker

TRAINING, VALIDATION, TEST = small_papers(60), small_papers(30, first=60), small_papers(30, first=90)
DATASET = FakeDataset({Split.TRAIN: TRAINING, Split.VALIDATION: VALIDATION, Split.TEST: TEST})


def refuse(record: BadRecord) -> None:
    """No record here is bad."""
    raise AssertionError(record)


def write(folder: Path, members: Sequence[EnsembleMember]) -> None:
    """Members as JSON, as a container's adapter writes them in its own way."""
    rows = [[member.model, member.digest, member.weight] for member in members]
    (folder / "members.json").write_text(json.dumps(rows))


def candidate(store: FakeModelStore, papers: int, **card: Any) -> Candidate:
    """Returns a stored model that learnt from the given number of training papers."""
    classifier = FakeClassifier(small_taxonomy())
    with TemporaryDirectory() as workspace:
        classifier.fit(TRAINING[:papers], VALIDATION, FitSession(1, Path(workspace), lambda batch: 0.0))
    data = {"fingerprint": DATASET.fingerprint()}
    return Candidate(store.save(small_card("fake", **{"data": data, **card}), classifier.save), classifier)


def built(
    store: FakeModelStore,
    candidates: Sequence[Candidate],
    *,
    test: Sequence[LabelledAbstract] = TEST,
    tracker: FakeTracker | None = None,
    on_predicted: Callable[[int], None] = lambda count: None,
) -> BuildEnsembleResult:
    """The result of building an ensemble on the small papers."""
    dataset = FakeDataset({Split.TRAIN: TRAINING, Split.VALIDATION: VALIDATION, Split.TEST: test})
    build = BuildEnsemble(
        dataset,
        candidates,
        tracker or FakeTracker(),
        store,
        write_members=write,
        now=lambda: datetime(2026, 11, 20, tzinfo=UTC),
    )
    command = BuildEnsembleCommand("small", 3, refuse, split=SplitPolicy("source"), config={"seed": 3})
    return build(replace(command, on_predicted=on_predicted))


@pytest.fixture
def store(tmp_path: Path) -> FakeModelStore:
    """An empty store."""
    return FakeModelStore(tmp_path)


@pytest.fixture
def candidates(store: FakeModelStore) -> list[Candidate]:
    """A model that learnt from all training papers, and one that learnt from a few."""
    return [candidate(store, 60), candidate(store, 12)]


def test_the_bundle_names_the_members(store: FakeModelStore, candidates: list[Candidate]) -> None:
    """Each model of positive weight is recorded with name, digest and weight. The card has the weights of all."""
    result = built(store, candidates)
    rows = json.loads((result.model.folder / "members.json").read_text())
    digests = {each.stored.name: each.stored.digest for each in candidates}
    assert rows == [[name, digests[name], weight] for name, weight in result.weights.items() if weight > 0]
    assert sum(result.weights.values()) == pytest.approx(1)
    assert result.model.card.config == {"seed": 3, "weights": result.weights}
    assert (result.model.card.kind, result.model.card.created) == ("ensemble", "2026-11-20T00:00:00+00:00")


def test_the_better_model_counts_more(store: FakeModelStore, candidates: list[Candidate]) -> None:
    """The model that learnt from more papers has the greater weight."""
    weights = list(built(store, candidates).weights.values())
    assert weights[0] > weights[1]


def test_test_papers_decide_nothing(store: FakeModelStore, candidates: list[Candidate]) -> None:
    """Other test papers leave weights, calibration and threshold as they are."""
    turned = [
        LabelledAbstract(Abstract(f"string brane {number}"), (Category.parse("cs.LG"),)) for number in range(len(TEST))
    ]
    one, other = built(store, candidates), built(store, candidates, test=turned)
    # The data's fingerprint differs by the test papers, which makes the models strangers there.
    assert other.of_other_data and not one.of_other_data
    again = built(store, [_familiar(store, each, turned) for each in candidates], test=turned)
    assert list(again.weights.values()) == list(one.weights.values())
    assert again.model.card.calibration == one.model.card.calibration
    assert again.model.card.thresholds == one.model.card.thresholds
    assert again.with_titles.metrics != one.with_titles.metrics


def _familiar(store: FakeModelStore, one: Candidate, test: Sequence[LabelledAbstract]) -> Candidate:
    dataset = FakeDataset({Split.TRAIN: TRAINING, Split.VALIDATION: VALIDATION, Split.TEST: test})
    card = replace(one.stored.card, data={"fingerprint": dataset.fingerprint()})
    classifier = one.classifier
    assert isinstance(classifier, FakeClassifier)
    return Candidate(store.save(card, classifier.save), classifier)


def test_every_paper_is_read_no_more_than_needed(store: FakeModelStore, candidates: list[Candidate]) -> None:
    """Each model reads validation and test papers with and without titles, and one batch each to warm up."""
    counts: list[int] = []
    built(store, candidates, on_predicted=counts.append)
    assert sum(counts) == 2 * (2 * len(VALIDATION) + 2 * 2 * len(TEST))


def test_tracker_and_card_hold_what_the_reports_say(store: FakeModelStore, candidates: list[Candidate]) -> None:
    """Metrics and weights reach the tracker, metrics the card, and the run ends well."""
    tracker = FakeTracker()
    result = built(store, candidates, tracker=tracker)
    (run,) = tracker.runs
    assert result.model.card.metrics["test_without_titles"] == result.without_titles.metrics
    assert run.final["test/micro_f1"] == result.with_titles.metrics["micro_f1"]
    assert run.final["weight/fake/1"] == result.weights["fake/1"]
    assert run.models == {"ensemble": result.model.folder}
    assert run.succeeded is True


def test_the_stored_calibration_is_not_trusted_on_its_own_papers(store: FakeModelStore) -> None:
    """If models were trained on this source, their calibration does not decide the weights; elsewhere it does."""
    steep = small_card().calibration
    steep = replace(steep, slopes=tuple(9 * slope for slope in steep.slopes))
    plain, other = candidate(store, 60), candidate(store, 12)
    weights = list(built(store, [plain, other]).weights.values())
    ours = [candidate(store, 60, calibration=steep), other]
    assert list(built(store, ours).weights.values()) == weights
    strangers = [candidate(store, 60, calibration=steep, data={}), other]
    result = built(store, strangers)
    assert list(result.weights.values()) != pytest.approx(weights)
    assert result.of_other_data == (strangers[0].stored.name,)


def test_fewer_than_two_models_are_refused(store: FakeModelStore, candidates: list[Candidate]) -> None:
    """One model, or the same twice, is no ensemble."""
    for wrong in (candidates[:1], [candidates[0], candidates[0]]):
        with pytest.raises(InvalidInputError, match="two or more different models, not fake/1"):
            built(store, wrong)


def test_models_of_other_categories_are_refused(store: FakeModelStore, candidates: list[Candidate]) -> None:
    """Before anything is predicted, models that know different categories are an error."""
    taxonomy = Taxonomy(tuple(reversed(small_taxonomy().infos)))
    other = FakeClassifier(taxonomy)
    card = small_card("fake", taxonomy=taxonomy)
    with pytest.raises(IncompatibleModelError, match="same categories"):
        built(store, [candidates[0], Candidate(store.save(card, other.save), other)])


def test_a_model_outside_the_store_is_refused(store: FakeModelStore, candidates: list[Candidate]) -> None:
    """An ensemble could not find it again by its name."""
    outside = replace(candidates[1], stored=replace(candidates[1].stored, version="99"))
    with pytest.raises(ModelNotFoundError, match="averages fake/99"):
        built(store, [candidates[0], outside])


def test_the_reports_are_of_what_is_stored(store: FakeModelStore, candidates: list[Candidate]) -> None:
    """The threshold of the reports is the card's, and on easy papers the ensemble is right."""
    result = built(store, candidates)
    assert result.with_titles.thresholds == result.model.card.thresholds
    assert result.with_titles.metrics["micro_f1"] > 0.9
    assert np.isfinite(result.without_titles.metrics["micro_f1"])
