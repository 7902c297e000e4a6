"""Training from ports alone: who sees which papers, and what becomes of the model."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from application.papers.splitting import SplitPolicy, Splits
from application.papers.targets import targets_of
from application.runs.tracking import SafeTracker
from application.train import Train, TrainCommand, TrainResult
from domain.abstract import Abstract
from domain.category import Category
from domain.checkpoint import Checkpoint, go_on
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.ports.classifier import Epoch, FitSession, Step
from domain.ports.dataset import BadRecord, Split
from domain.ports.tracker import Tracker
from domain.prediction import PredictionBatch
from tests.examples import small_papers, small_taxonomy
from tests.fakes.classifier import FakeClassifier, FakeOptions
from tests.fakes.dataset import FakeDataset
from tests.fakes.model_store import FakeModelStore
from tests.fakes.tracker import FailingTracker, FakeTracker

TRAINING, VALIDATION, TEST = small_papers(60), small_papers(30, first=60), small_papers(30, first=90)


def refuse(record: BadRecord) -> None:
    """No record here is bad."""
    raise AssertionError(record)


def command(folder: Path, on_epoch: Callable[[Epoch], None] = lambda epoch: None) -> TrainCommand:
    """A training of kind `fake` on the source's own splits."""
    workspace = folder / "workspace"
    workspace.mkdir(parents=True, exist_ok=True)
    split = SplitPolicy("source")
    return TrainCommand("fake", "small", 3, workspace, refuse, split=split, config={"epochs": 3}, on_epoch=on_epoch)


def trained(
    folder: Path,
    *,
    test: Sequence[LabelledAbstract] = TEST,
    tracker: Tracker | None = None,
    classifier: FakeClassifier | None = None,
) -> TrainResult:
    """The result of a small training."""
    dataset = FakeDataset({Split.TRAIN: TRAINING, Split.VALIDATION: VALIDATION, Split.TEST: test})
    train = Train(
        dataset,
        classifier or FakeClassifier(small_taxonomy()),
        tracker or FakeTracker(),
        FakeModelStore(folder / "store"),
        now=lambda: datetime(2026, 11, 20, tzinfo=UTC),
    )
    return train(command(folder))


def test_test_papers_decide_nothing(tmp_path: Path) -> None:
    """Other words and labels in the test papers leave weights, calibration and threshold as they are."""
    turned = [
        LabelledAbstract(Abstract(f"string brane {number}", "gauge", month=paper.month), (Category.parse("cs.LG"),))
        for number, paper in enumerate(TEST)
    ]
    one, other = trained(tmp_path / "one"), trained(tmp_path / "two", test=turned)
    assert one.model.card.calibration == other.model.card.calibration
    assert one.model.card.thresholds == other.model.card.thresholds
    weights = [(result.model.folder / "weights.json").read_bytes() for result in (one, other)]
    assert weights[0] == weights[1]
    assert one.with_titles.metrics != other.with_titles.metrics


def test_only_training_papers_are_learnt_from(tmp_path: Path) -> None:
    """The classifier is handed the training papers to learn from and the validation papers to be judged on."""
    seen: list[tuple[int, int]] = []

    class Watching(FakeClassifier):
        def fit(
            self, training: Sequence[LabelledAbstract], validation: Sequence[LabelledAbstract], session: FitSession
        ) -> None:
            seen.append((len(training), len(validation)))
            assert list(training) == TRAINING
            assert list(validation) == VALIDATION
            super().fit(training, validation, session)

    trained(tmp_path, classifier=Watching(small_taxonomy()))
    assert seen == [(60, 30)]


def test_card_and_tracker_hold_what_the_reports_say(tmp_path: Path) -> None:
    """Metrics with and without titles are in the bundle and at the tracker. The run ends well."""
    tracker = FakeTracker()
    result = trained(tmp_path, tracker=tracker)
    card, (run,) = result.model.card, tracker.runs
    assert card.metrics == {"test": result.with_titles.metrics, "test_without_titles": result.without_titles.metrics}
    assert run.final["test/micro_f1"] == result.with_titles.metrics["micro_f1"]
    assert run.succeeded is True
    assert sorted(run.epochs) == list(range(1, FakeOptions().epochs + 1))
    assert run.models == {"fake": result.model.folder}
    assert run.aliases == {"fake": (result.model.version,)}
    assert sorted(run.charts) == ["test/f1_by_category", "test/precision_recall", "test/reliability"]
    assert sorted(run.tables) == ["test/categories", "test/examples"]
    assert card.created == "2026-11-20T00:00:00+00:00"
    train = card.data["train"]
    assert isinstance(train, dict)
    assert train["papers"] == 60


def test_tells_what_it_does(tmp_path: Path) -> None:
    """Phases are reported in order with their numbers of papers, and between them every step of an epoch."""
    told: list[object] = []
    dataset = FakeDataset({Split.TRAIN: TRAINING, Split.VALIDATION: VALIDATION, Split.TEST: TEST})
    train = Train(dataset, FakeClassifier(small_taxonomy()), FakeTracker(), FakeModelStore(tmp_path / "store"))
    train(
        replace(
            command(tmp_path, on_epoch=lambda epoch: told.append(epoch.number)),
            on_phase=lambda phase, papers: told.append((str(phase), papers)),
            on_step=lambda step: told.append(step),
        )
    )
    fitting = [each for epoch in range(1, 5) for each in (Step(epoch, 1, 1), epoch)]
    after = [("tuning", 30), ("evaluating", 30), ("saving", 60), ("recording", 30)]
    assert told == [("fitting", 60), *fitting, *after]


@pytest.mark.parametrize("split", [Split.TRAIN, Split.VALIDATION])
def test_papers_without_the_categories_are_refused_before_training(tmp_path: Path, split: Split) -> None:
    """Targets that are all zero stop the training, with the categories looked for and those that the papers have."""

    class Untouched(FakeClassifier):
        def fit(self, *args: object) -> None:
            raise AssertionError("trained")

    strange = (Category.parse("q-bio.NC"), Category.parse("q-bio.PE"))
    papers = {Split.TRAIN: TRAINING, Split.VALIDATION: VALIDATION, Split.TEST: TEST}
    papers[split] = [replace(paper, categories=strange) for paper in papers[split]]
    train = Train(FakeDataset(papers), Untouched(small_taxonomy()), FakeTracker(), FakeModelStore(tmp_path / "store"))
    with pytest.raises(InvalidInputError) as raised:
        train(command(tmp_path))
    count = len(papers[split])
    assert f"None of the {count} papers" in str(raised.value)
    assert "looked for: cs.LG, hep-th, math-ph, math.MP, cs.CV." in str(raised.value)
    assert f"They have q-bio.NC ({count}), q-bio.PE ({count})." in str(raised.value)


def test_knows_what_saying_one_category_is_worth(tmp_path: Path) -> None:
    """The most frequent category of the training papers, and its micro F1 on the test papers as scikit-learn has it."""
    from sklearn.metrics import f1_score

    taxonomy = small_taxonomy()
    constant = trained(tmp_path).most_frequent
    counts = targets_of(TRAINING, taxonomy).sum(axis=0)
    column = taxonomy.column(constant.category)
    assert counts[column] == counts.max()
    truth = targets_of(TEST, taxonomy)
    said = np.zeros_like(truth)
    said[:, column] = 1
    assert constant.micro_f1 == pytest.approx(f1_score(truth, said, average="micro"))


def test_every_category_gets_a_threshold(tmp_path: Path) -> None:
    """Thresholds are common and by category, and the reports are made with those of the categories."""
    result = trained(tmp_path)
    thresholds = result.model.card.thresholds
    assert list(thresholds.by_category) == list(result.model.card.taxonomy)
    assert result.with_titles.thresholds == thresholds


def test_a_training_that_fails_is_marked_so(tmp_path: Path) -> None:
    """The run is finished as failed, nothing is stored, and the error goes on."""

    class Failing(FakeClassifier):
        def fit(
            self, training: Sequence[LabelledAbstract], validation: Sequence[LabelledAbstract], session: FitSession
        ) -> None:
            raise RuntimeError("no")

    tracker = FakeTracker()
    with pytest.raises(RuntimeError, match="no"):
        trained(tmp_path, tracker=tracker, classifier=Failing(small_taxonomy()))
    assert tracker.runs[0].succeeded is False
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("at_start", [True, False])
def test_a_tracker_that_fails_ends_no_training(
    tmp_path: Path, at_start: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The model is stored all the same, and the failure is in the log."""
    with caplog.at_level(logging.ERROR):
        result = trained(tmp_path, tracker=SafeTracker(FailingTracker(at_start=at_start)))
    assert (result.model.folder / "weights.json").is_file()
    assert "tracker" in caplog.text


def test_one_validation_paper_is_enough_to_finish(tmp_path: Path) -> None:
    """With a single validation paper nothing can be left out, and the training still ends with a model."""
    dataset = FakeDataset({Split.TRAIN: TRAINING, Split.VALIDATION: VALIDATION[:1], Split.TEST: TEST})
    train = Train(dataset, FakeClassifier(small_taxonomy()), FakeTracker(), FakeModelStore(tmp_path / "store"))
    result = train(replace(command(tmp_path), run_name="one"))
    assert 0 <= result.model.card.thresholds.default <= 1


def test_the_cost_of_rounding_is_recorded(tmp_path: Path) -> None:
    """Of a classifier whose weights were rounded, the manifest says what that cost on validation papers."""

    class Rounded(FakeClassifier):
        def unrounded(self) -> FakeClassifier:
            return FakeClassifier(small_taxonomy())

    metrics = trained(tmp_path, classifier=Rounded(small_taxonomy())).model.card.metrics
    assert metrics["rounding"]["papers"] == len(VALIDATION)
    assert metrics["rounding"]["loss_of_micro_f1"] < 0  # an untrained one is worse
    assert "rounding" not in trained(tmp_path / "other").model.card.metrics


def test_a_trial_never_looks_at_test_papers(tmp_path: Path) -> None:
    """Judged on validation, the test papers are not even predicted, and the card has validation metrics alone."""
    seen: set[str] = set()

    class Watching(FakeClassifier):
        def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
            seen.update(abstract.id or "" for abstract in abstracts)
            return super().predict(abstracts, checkpoint=checkpoint)

    dataset = FakeDataset({Split.TRAIN: TRAINING, Split.VALIDATION: VALIDATION, Split.TEST: TEST})
    train = Train(dataset, Watching(small_taxonomy()), FakeTracker(), FakeModelStore(tmp_path / "store"))
    result = train(replace(command(tmp_path), judged_on=Split.VALIDATION))
    assert set(result.model.card.metrics) == {"validation", "validation_without_titles"}
    assert result.with_titles.papers == len(VALIDATION)
    assert seen == {paper.abstract.id for paper in VALIDATION}


def test_splits_that_were_read_before_are_learnt_from(tmp_path: Path) -> None:
    """With splits in the command nothing is read, whatever the policy and the seed. The bundle names the source."""

    class Unread(FakeDataset):
        def papers(self, split: Split | None, on_bad_record: object) -> Iterator[LabelledAbstract]:
            raise AssertionError("it was read again")

    source = Unread(small_papers(10), name="papers.csv")
    splits = Splits(TRAINING, VALIDATION, TEST)
    train = Train(source, FakeClassifier(small_taxonomy()), FakeTracker(), FakeModelStore(tmp_path / "store"))
    drawn = replace(command(tmp_path), splits=splits, split=SplitPolicy("hash"), limit_samples=5)
    result = train(drawn)
    assert result.model.card.data["source"] == "papers.csv"
    assert result.model.card.data["fingerprint"] == source.fingerprint()
    assert result.model.card.metrics == trained(tmp_path / "other").model.card.metrics
