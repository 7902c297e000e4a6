"""The contract of every kind of classifier. A new line in the registry is covered without edits."""

import atexit
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from pkgutil import resolve_name
from tempfile import mkdtemp

import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from application.calibration.platt_scaling import CalibratedClassifier
from domain.abstract import Abstract
from domain.calibration import Calibration
from domain.errors import ArxivClassifierError, ConfigurationError, CorruptModelError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import (
    EPOCH_METRICS,
    Classifier,
    ClassifierFamily,
    Epoch,
    FitSession,
    Step,
    TrainableClassifier,
)
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy
from entrypoints.registry import CLASSIFIERS
from tests.checkpoints import write_checkpoint
from tests.examples import own_papers, own_taxonomy, small_papers, small_taxonomy
from tests.fakes.classifier import FakeFamily
from tests.strategies import abstracts as any_abstract
from tests.strategies import examples


@dataclass(frozen=True, slots=True)
class Papers:
    """Labels, the papers that a classifier learns them from, and abstracts to predict."""

    taxonomy: Taxonomy
    training: list[LabelledAbstract]
    validation: list[LabelledAbstract]
    abstracts: list[Abstract]


def _of(taxonomy: Taxonomy, papers: Callable[[int], list[LabelledAbstract]]) -> Papers:
    """The first papers to train on, the next to validate, the last to predict."""
    every = papers(100)
    return Papers(taxonomy, every[:60], every[60:80], [paper.abstract for paper in every[80:]])


ARXIV = _of(small_taxonomy(), small_papers)
OWN = _of(own_taxonomy(), own_papers)
# Whatever of these a kind knows makes its training small. All batches have one size and one padded length, so that a
# step is compiled once per training.
SMALL = {
    "batch_size": 10,
    "bigrams": 10,
    "epochs": 3,
    "hidden": [8],
    "learning_rate": 0.02,
    "min_count": 1,
    "patience": 3,
    "unigrams": 500,
    "weights": "float32",
    "precision": "float32",
}
# And whatever of these a kind knows that starts from a checkpoint.
SMALL_FINE_TUNING = {"head_learning_rate": 0.05, "learning_rate": 0.005, "max_length": 32}

# Kinds that are another's machinery with other defaults: the tests that train again and again leave them to that one.
SAME_TRAINING = {"scibert": "minilm", "specter": "minilm"}
_APART = ["fake", *(kind for kind in CLASSIFIERS if kind not in SAME_TRAINING)]
_EVERY = [*_APART, *(kind for kind in CLASSIFIERS if kind in SAME_TRAINING)]
_BY_ARXIV = [
    pytest.param((kind, ARXIV), id=kind, marks=[pytest.mark.slow] if kind in SAME_TRAINING else []) for kind in _EVERY
]
# Kinds with labels that are not arXiv's; one that starts from a checkpoint takes long to train.
_OWN = [
    pytest.param((kind, OWN), id=f"{kind}-own", marks=[pytest.mark.slow] if kind == "minilm" else []) for kind in _APART
]


# The kinds of tests that train again. One that starts from a checkpoint takes long to train and is slow here:
# tests/unit/adapters/classifiers/transformer/test_learning.py kills and resumes it step by step.
trained_anew = pytest.mark.parametrize(
    "kind",
    [pytest.param((kind, ARXIV), id=kind, marks=[pytest.mark.slow] if kind == "minilm" else []) for kind in _APART],
    indirect=True,
    scope="module",
)


class Killed(BaseException):
    """Stands for the signal that ends a process."""


@dataclass(slots=True)
class Fitted:
    """A trained classifier, what it reported, and the same one loaded from what it saved."""

    trained: TrainableClassifier
    loaded: Classifier
    folder: Path
    papers: Papers
    epochs: list[Epoch] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


@pytest.fixture(scope="module", params=[*_BY_ARXIV, *_OWN])
def kind(request: pytest.FixtureRequest) -> tuple[str, Papers]:
    """A kind of classifier, and the papers that it learns."""
    chosen: tuple[str, Papers] = request.param
    return chosen


@pytest.fixture(scope="module")
def papers(kind: tuple[str, Papers]) -> Papers:
    """The papers that a kind of classifier learns."""
    return kind[1]


@pytest.fixture(scope="module")
def family(kind: tuple[str, Papers]) -> ClassifierFamily:
    """A kind of classifier."""
    if kind[0] == "fake":
        return FakeFamily()
    built: ClassifierFamily = resolve_name(CLASSIFIERS[kind[0]])()
    return built


@pytest.fixture(scope="module")
def fitted(family: ClassifierFamily, papers: Papers, tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    """A small one, trained once for all tests that only look at it."""
    epochs: list[Epoch] = []
    steps: list[Step] = []
    trained = fit(family, tmp_path_factory.mktemp("workspace"), papers, on_epoch=epochs.append, on_step=steps.append)
    folder = tmp_path_factory.mktemp("model")
    trained.save(folder)
    return Fitted(trained, family.load(folder, papers.taxonomy), folder, papers, epochs, steps)


def truth_of(papers: list[LabelledAbstract], taxonomy: Taxonomy) -> NDArray[np.bool_]:
    """Which categories each paper really has."""
    truth = np.zeros((len(papers), len(taxonomy)), bool)
    for row, paper in zip(truth, papers, strict=True):
        row[list(taxonomy.columns_of(paper.categories))] = True
    return truth


def separation(papers: Papers) -> Callable[[PredictionBatch], float]:
    """By how much validation's true categories are more probable than the others."""
    truth = truth_of(papers.validation, papers.taxonomy)

    def score(batch: PredictionBatch) -> float:
        rows = np.array(batch.probabilities)
        return float(rows[truth].mean() - rows[~truth].mean())

    return score


@cache
def tiny_checkpoint() -> Path:
    """A pretrained encoder of one narrow layer."""
    folder = Path(mkdtemp(prefix="checkpoint-"))
    atexit.register(shutil.rmtree, folder)
    write_checkpoint(folder, num_hidden_layers=1)
    return folder


def fit(
    family: ClassifierFamily,
    workspace: Path,
    papers: Papers = ARXIV,
    *,
    training: list[LabelledAbstract] | None = None,
    seed: int = 3,
    score: Callable[[PredictionBatch], float] | None = None,
    on_epoch: Callable[[Epoch], None] = lambda epoch: None,
    on_step: Callable[[Step], None] = lambda step: None,
) -> TrainableClassifier:
    """Trains a small classifier."""
    known = family.effective_options({})
    small: dict[str, object] = {**SMALL}
    if "checkpoint" in known:
        small |= {**SMALL_FINE_TUNING, "checkpoint": str(tiny_checkpoint())}
    classifier = family.trainable(papers.taxonomy, {name: value for name, value in small.items() if name in known})
    session = FitSession(seed, workspace, score or separation(papers), on_epoch, on_step)
    classifier.fit(training or papers.training, papers.validation, session)
    return classifier


def probabilities(classifier: Classifier, abstracts: list[Abstract]) -> NDArray[np.float32]:
    """The probabilities of abstracts as an array."""
    return np.array(classifier.predict(abstracts).probabilities)


def test_predicts_one_row_per_abstract(fitted: Fitted) -> None:
    """There is one row per abstract, one column per category, and every number is a probability."""
    rows = probabilities(fitted.loaded, fitted.papers.abstracts)
    assert rows.shape == (len(fitted.papers.abstracts), len(fitted.papers.taxonomy))
    assert np.isfinite(rows).all() and (rows >= 0).all() and (rows <= 1).all()


def test_keeps_the_order(fitted: Fitted) -> None:
    """Abstracts in another order give the same rows in that order."""
    forward, backward = (
        probabilities(fitted.loaded, fitted.papers.abstracts),
        probabilities(fitted.loaded, fitted.papers.abstracts[::-1]),
    )
    assert len(np.unique(forward, axis=0)) > len(fitted.papers.abstracts) // 2
    np.testing.assert_allclose(backward[::-1], forward, atol=1e-6)


def test_a_row_does_not_depend_on_its_neighbours(fitted: Fitted) -> None:
    """An abstract predicted alone, or beside a very long one, gets the row it gets among others."""
    together = probabilities(fitted.loaded, fitted.papers.abstracts)
    alone = np.concatenate([probabilities(fitted.loaded, [abstract]) for abstract in fitted.papers.abstracts])
    beside = probabilities(fitted.loaded, [fitted.papers.abstracts[0], Abstract("network image string " * 500)])
    np.testing.assert_allclose(alone, together, atol=1e-6)
    np.testing.assert_allclose(beside[0], together[0], atol=1e-6)


def test_predicts_nothing_of_nothing(fitted: Fitted) -> None:
    """No abstracts give a batch without rows."""
    assert len(fitted.loaded.predict([])) == 0
    assert list(fitted.loaded.predict([])) == []


@pytest.mark.parametrize("others", [0, 1, 40])
def test_says_which_abstracts_have_no_known_word(fitted: Fitted, others: int) -> None:
    """The rows of abstracts of which no word is known are unread, alone and among others."""
    known = fitted.papers.abstracts[:1] * others
    batch = fitted.loaded.predict([*known, Abstract("ကခဂ ဃငစ"), *known])
    assert batch.unread == {others}


def test_a_checkpoint_may_stop_a_prediction(fitted: Fitted) -> None:
    """The checkpoint is called, its error comes out as it is, and the classifier predicts as before afterwards."""
    calls: list[None] = []

    def stop() -> None:
        raise Killed

    before = probabilities(fitted.loaded, fitted.papers.abstracts)
    fitted.loaded.predict(fitted.papers.abstracts, checkpoint=lambda: calls.append(None))
    fitted.loaded.predict(fitted.papers.abstracts[:1], checkpoint=lambda: calls.append(None))
    assert len(calls) >= 2
    for papers in (fitted.papers.abstracts, fitted.papers.abstracts[:1]):
        with pytest.raises(Killed):
            fitted.loaded.predict(papers, checkpoint=stop)
    np.testing.assert_array_equal(probabilities(fitted.loaded, fitted.papers.abstracts), before)


@examples(15)
@given(abstract=any_abstract())
def test_reads_any_text(fitted: Fitted, abstract: Abstract) -> None:
    """Whatever an abstract and its title hold, with title or without, every number is a probability."""
    row = probabilities(fitted.loaded, [abstract])
    assert np.isfinite(row).all() and (row >= 0).all() and (row <= 1).all()


def test_reads_the_title(fitted: Fitted) -> None:
    """A title that speaks of another category moves the probabilities; none at all is read as well."""
    without = Abstract("we study a new method for a problem")
    titled = Abstract(without.text, "image segmentation by camera detection")
    assert not np.array_equal(probabilities(fitted.loaded, [without]), probabilities(fitted.loaded, [titled]))


def test_learns(fitted: Fitted) -> None:
    """After training, a paper's own categories are on average more probable than the others."""
    rows = probabilities(fitted.loaded, [paper.abstract for paper in fitted.papers.training])
    truth = truth_of(fitted.papers.training, fitted.papers.taxonomy)
    assert rows[truth].mean() > rows[~truth].mean()


def test_reports_every_epoch(fitted: Fitted) -> None:
    """Epochs are reported in order from 1, each with finite metrics."""
    assert [epoch.number for epoch in fitted.epochs] == list(range(1, len(fitted.epochs) + 1))
    assert all(epoch.metrics and np.isfinite(list(epoch.metrics.values())).all() for epoch in fitted.epochs)
    assert fitted.epochs


def test_reports_every_step(fitted: Fitted) -> None:
    """Each epoch's steps are reported in order, from 1 to as many as it has."""
    steps = fitted.steps[0].steps
    expected = [(epoch.number, number) for epoch in fitted.epochs for number in range(1, steps + 1)]
    assert [(step.epoch, step.number) for step in fitted.steps] == expected
    assert {step.steps for step in fitted.steps} == {steps}


@trained_anew
def test_keeps_the_epoch_with_the_best_score(family: ClassifierFamily, tmp_path: Path) -> None:
    """If the first epoch is judged the best, it is the one that stays, however many follow."""
    seen: list[NDArray[np.float32]] = []

    def the_first_is_best(batch: PredictionBatch) -> float:
        seen.append(np.array(batch.probabilities))
        return -float(len(seen))

    kept = probabilities(fit(family, tmp_path, score=the_first_is_best), [paper.abstract for paper in ARXIV.validation])
    np.testing.assert_allclose(kept, seen[0], atol=1e-6)
    assert len(seen) > 1 and not np.allclose(seen[0], seen[-1], atol=1e-6)


def test_loads_what_it_saved(fitted: Fitted) -> None:
    """A loaded classifier has the taxonomy and the probabilities of the trained one."""
    assert fitted.loaded.taxonomy == fitted.trained.taxonomy == fitted.papers.taxonomy
    np.testing.assert_allclose(
        probabilities(fitted.loaded, fitted.papers.abstracts),
        probabilities(fitted.trained, fitted.papers.abstracts),
        atol=1e-5,
    )


@trained_anew
def test_the_seed_decides(family: ClassifierFamily, fitted: Fitted, tmp_path: Path) -> None:
    """The same seed gives the same probabilities, another seed gives others."""
    (tmp_path / "same").mkdir()
    (tmp_path / "other").mkdir()
    first = probabilities(fitted.trained, fitted.papers.abstracts)
    np.testing.assert_array_equal(probabilities(fit(family, tmp_path / "same"), fitted.papers.abstracts), first)
    assert not np.array_equal(probabilities(fit(family, tmp_path / "other", seed=4), fitted.papers.abstracts), first)


@trained_anew
def test_papers_count_by_their_weights(family: ClassifierFamily, tmp_path: Path) -> None:
    """Of papers that say the same, the category of those that weigh more becomes the more probable one."""
    text = Abstract("we study a network and its image", "On a network")
    categories = [ARXIV.taxonomy.categories[0], ARXIV.taxonomy.categories[4]]
    found = []
    for number, weights in enumerate([(9.0, 1.0), (1.0, 9.0)]):
        training = [
            LabelledAbstract(text, (category,), weight=weight)
            for category, weight in zip(categories * 30, weights * 30, strict=True)
        ]
        (tmp_path / str(number)).mkdir()
        trained = fit(family, tmp_path / str(number), training=training, score=lambda _: 0.0)
        found.append(probabilities(trained, [text])[0])
    assert found[0][0] > found[1][0] and found[0][4] < found[1][4]


@trained_anew
def test_goes_on_after_a_kill(family: ClassifierFamily, fitted: Fitted, tmp_path: Path) -> None:
    """A training that was killed after its second epoch goes on from there and ends as if undisturbed."""

    def kill(epoch: Epoch) -> None:
        if epoch.number == 2:
            raise Killed

    with pytest.raises(Killed):
        fit(family, tmp_path, on_epoch=kill)
    later: list[int] = []
    resumed = fit(family, tmp_path, on_epoch=lambda epoch: later.append(epoch.number))
    assert later in ([2, 3], [3])  # killed while it reported, so that the second may count as unfinished
    np.testing.assert_allclose(
        probabilities(resumed, fitted.papers.abstracts),
        probabilities(fitted.trained, fitted.papers.abstracts),
        atol=1e-6,
    )


def test_epochs_report_what_a_sweep_may_compare(fitted: Fitted) -> None:
    """Their metrics are among those that a sweep file may name, the score on validation papers always."""
    assert all({"validation_score"} <= set(epoch.metrics) <= set(EPOCH_METRICS) for epoch in fitted.epochs)
    assert fitted.epochs


def test_aliases_are_served_alike(fitted: Fitted) -> None:
    """As it is served, a category and its alias get the same probability."""
    identity = Calibration((1.0,) * len(fitted.papers.taxonomy), (0.0,) * len(fitted.papers.taxonomy))
    rows = probabilities(CalibratedClassifier(fitted.loaded, identity), fitted.papers.abstracts)
    for left, right in fitted.papers.taxonomy.alias_pairs():
        np.testing.assert_array_equal(rows[:, left], rows[:, right])


def test_effective_options_can_be_given_back(family: ClassifierFamily) -> None:
    """The effective options survive JSON and give themselves when they are given back."""
    effective = family.effective_options({"epochs": 2})
    again = json.loads(json.dumps(effective))
    assert effective["epochs"] == 2
    assert json.loads(json.dumps(family.effective_options(again))) == again


@pytest.mark.parametrize("options", [{"epochz": 2}, {"epochs": 0}, {"epochs": "many"}, {"epochs": None}])
def test_bad_options_are_named(family: ClassifierFamily, options: dict[str, object]) -> None:
    """An option that is unknown or of no use is a ConfigurationError that names it, before any training."""
    with pytest.raises(ConfigurationError, match="epoch"):
        family.trainable(ARXIV.taxonomy, options)
    with pytest.raises(ConfigurationError, match="epoch"):
        family.effective_options(options)


def test_an_empty_folder_is_no_model(family: ClassifierFamily, tmp_path: Path) -> None:
    """A folder without the files is a CorruptModelError that names it."""
    with pytest.raises(CorruptModelError, match=str(tmp_path)):
        family.load(tmp_path, ARXIV.taxonomy)


def test_another_taxonomy_is_refused(family: ClassifierFamily, fitted: Fitted) -> None:
    """A model cannot be loaded with fewer categories than it was trained on."""
    with pytest.raises(ArxivClassifierError):
        family.load(fitted.folder, fitted.papers.taxonomy.subset(list(fitted.papers.taxonomy)[:2]))
