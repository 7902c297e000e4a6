"""Use case: train a classifier, tune it on validation, judge it on test, store it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application.calibration import CalibratedClassifier, average_twins, fit_calibration, twins_of
from application.category_mixing import out_of_fold, with_mixing
from application.evaluate import Evaluate, EvaluationReport, probabilities_of
from application.metrics import multilabel_metrics
from application.splitting import SplitPolicy, Splits, read_splits
from application.targets import targets_of
from application.threshold_tuning import tune_global_threshold
from domain.calibration import Calibration
from domain.labelled_abstract import LabelledAbstract
from domain.model_bundle import ModelCard, StoredModel
from domain.ports.classifier import Epoch, FitSession, TrainableClassifier
from domain.ports.dataset import Dataset, OnBadRecord
from domain.ports.model_store import ModelStore
from domain.ports.tracker import Run, Tracker
from domain.prediction import PredictionBatch
from domain.thresholds import Thresholds


def _ignore_epoch(_epoch: Epoch) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class TrainCommand:
    """One training to be run.

    `config` is the effective configuration, written into the bundle and given to the tracker. `workspace` is a
    folder for checkpoints: the same command again in the same workspace goes on where a killed one stopped.
    """

    kind: str
    run_name: str
    seed: int
    workspace: Path
    on_bad_record: OnBadRecord
    split: SplitPolicy = field(default_factory=SplitPolicy)
    limit_samples: int | None = None
    config: Mapping[str, object] = field(default_factory=dict)
    on_epoch: Callable[[Epoch], None] = _ignore_epoch


@dataclass(frozen=True, slots=True)
class TrainResult:
    """The stored model, and its reports on the test papers with and without their titles."""

    model: StoredModel
    with_titles: EvaluationReport
    without_titles: EvaluationReport


class Train:
    """Fits on training papers; calibration and threshold see validation papers only, reports test papers only."""

    def __init__(
        self,
        dataset: Dataset,
        classifier: TrainableClassifier,
        tracker: Tracker,
        store: ModelStore,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._dataset = dataset
        self._classifier = classifier
        self._tracker = tracker
        self._store = store
        self._now = now

    def __call__(self, command: TrainCommand) -> TrainResult:
        """The trained model, stored, with its reports."""
        splits = read_splits(
            self._dataset,
            command.split,
            limit_samples=command.limit_samples,
            seed=command.seed,
            on_bad_record=command.on_bad_record,
        )
        run = self._tracker.start(command.run_name, command.config)
        succeeded = False
        try:
            result = self._train(command, splits, run)
            succeeded = True
            return result
        finally:
            run.finish(succeeded=succeeded)

    def _train(self, command: TrainCommand, splits: Splits, run: Run) -> TrainResult:
        targets = targets_of(splits.validation, self._classifier.taxonomy)
        session = FitSession(
            seed=command.seed,
            workspace=command.workspace,
            score=lambda batch: validation_score(targets, batch),
            on_epoch=lambda epoch: self._report(epoch, run, command),
        )
        self._classifier.fit(splits.train, splits.validation, session)
        calibration, thresholds = self._tune(splits.validation, targets)
        judge = Evaluate(CalibratedClassifier(self._classifier, calibration), thresholds)
        reports = {titles: judge(splits.test, with_titles=titles) for titles in (True, False)}
        metrics = {"test": reports[True].metrics, "test_without_titles": reports[False].metrics}
        card = self._card(command, splits, calibration, thresholds, metrics)
        model = self._store.save(card, self._classifier.save)
        for split, values in metrics.items():
            run.log({f"{split}/{name}": value for name, value in values.items()})
        run.log_model(model.folder, name=command.kind)
        return TrainResult(model, reports[True], reports[False])

    def _tune(self, papers: list[LabelledAbstract], targets: NDArray[np.uint8]) -> tuple[Calibration, Thresholds]:
        """Calibration and global threshold on validation, each paper read once with and once without its title."""
        abstracts = [paper.abstract for paper in papers]
        untitled = [abstract.without_title() for abstract in abstracts]
        raw = probabilities_of(self._classifier, [*abstracts, *untitled])
        truth = np.concatenate((targets, targets))
        numbers = np.tile(np.arange(len(papers)), 2)
        unseen = out_of_fold(truth, raw, numbers)
        average_twins(unseen, twins_of(self._classifier.taxonomy))
        threshold = tune_global_threshold(truth, unseen)
        return with_mixing(truth, raw, fit_calibration(truth, raw)), Thresholds(threshold)

    def _card(
        self,
        command: TrainCommand,
        splits: Splits,
        calibration: Calibration,
        thresholds: Thresholds,
        metrics: Mapping[str, Mapping[str, float]],
    ) -> ModelCard:
        return ModelCard(
            kind=command.kind,
            taxonomy=self._classifier.taxonomy,
            thresholds=thresholds,
            calibration=calibration,
            seed=command.seed,
            created=self._now().isoformat(timespec="seconds"),
            config=command.config,
            data={
                "source": self._dataset.name,
                "fingerprint": self._dataset.fingerprint(),
                "train": _described(splits.train),
                "validation": _described(splits.validation),
                "test": _described(splits.test),
            },
            metrics=metrics,
        )

    @staticmethod
    def _report(epoch: Epoch, run: Run, command: TrainCommand) -> None:
        run.log(epoch.metrics, step=epoch.number)
        command.on_epoch(epoch)


def validation_score(targets: NDArray[np.uint8], batch: PredictionBatch) -> float:
    """The mean of micro F1 at its best threshold and macro average precision, by which epochs are compared."""
    probabilities = np.asarray(batch.probabilities)
    threshold = tune_global_threshold(targets, probabilities)
    metrics = multilabel_metrics(targets, probabilities, (threshold,) * targets.shape[1])
    return (metrics["micro_f1"] + metrics["average_precision_macro"]) / 2


def _described(papers: list[LabelledAbstract]) -> dict[str, object]:
    """How many papers a split has, and the months they are from."""
    months = sorted(paper.month for paper in papers if paper.month)
    first, last = (months[0], months[-1]) if months else (None, None)
    return {"papers": len(papers), "first_month": first, "last_month": last}
