"""Use case: train a classifier, tune it on validation, evaluate it on test and store it."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application.advice.fitting import fit_advice
from application.advice.measures import measured_advice
from application.calibration.platt_scaling import CalibratedClassifier
from application.calibration.threshold_tuning import tune_global_threshold
from application.calibration.tuning import tuned, tuning_papers
from application.evaluate import EvaluationReport, probabilities_of
from application.metrics.multi_label import multilabel_metrics
from application.metrics.quantisation_cost import quantisation_cost
from application.papers.label_checks import MostFrequent, most_frequent, refuse_unlabelled
from application.papers.population import weighed
from application.papers.sample_weights import Weights, weights_of
from application.papers.splitting import SplitPolicy, Splits, read_splits
from application.papers.targets import targets_of
from application.policies.choices import fit_choices
from application.runs.final_report import described_data, final_reports
from application.runs.run_context import current_run_id
from application.runs.tracking import tracked_run
from domain.calibration import Calibration
from domain.log_events import log_event
from domain.model_bundle import ModelCard, StoredModel
from domain.policy import Goal
from domain.ports.classifier import Epoch, FitSession, Step, TrainableClassifier
from domain.ports.dataset import Dataset, OnBadRecord, Split
from domain.ports.model_store import ModelStore
from domain.ports.tracker import Run, Tracker
from domain.prediction import PredictionBatch
from domain.thresholds import Thresholds

_logger = logging.getLogger(__name__)


class Phase(StrEnum):
    """The phases of a training, in order."""

    FITTING = "fitting"
    TUNING = "tuning"
    EVALUATING = "evaluating"
    ROUNDING = "rounding"
    SAVING = "saving"
    RECORDING = "recording"


def _ignore(*_what: object) -> None:
    """Ignores its arguments. This is the default of all callbacks."""


@dataclass(frozen=True, slots=True)
class TrainCommand:
    """The settings of one training.

    `config` is the effective configuration, which goes into the bundle and to the tracker. `workspace` is a folder for
    checkpoints. The same command in the same workspace continues a killed training.
    If `strict`, training papers that are also in validation or test are refused. Otherwise they are left out.
    `on_splits` receives the papers before training, `on_phase` each phase with its number of papers, `on_step` each
    step of an epoch.
    `goals` are those of the policies that are fitted to validation papers, by name.
    `judged_on` is the split of the final reports. Trials of a sweep never read test papers. `shares` of primary
    categories weigh the papers of every split. `splits` are papers that were read and weighed before. The training
    then reads none.
    """

    kind: str
    run_name: str
    seed: int
    workspace: Path
    on_bad_record: OnBadRecord
    strict: bool = False
    split: SplitPolicy = field(default_factory=SplitPolicy)
    limit_samples: int | None = None
    shares: Mapping[str, float] | None = None
    config: Mapping[str, object] = field(default_factory=dict)
    on_splits: Callable[[Splits], None] = _ignore
    on_epoch: Callable[[Epoch], None] = _ignore
    on_step: Callable[[Step], None] = _ignore
    on_phase: Callable[[Phase, int], None] = _ignore
    goals: Mapping[str, Goal] = field(default_factory=dict)
    judged_on: Split = Split.TEST
    splits: Splits | None = None


@dataclass(frozen=True, slots=True)
class TrainResult:
    """The stored model, and its reports on the judged papers, with and without titles.

    `most_frequent` is the result of always predicting one category on these papers.
    """

    model: StoredModel
    with_titles: EvaluationReport
    without_titles: EvaluationReport
    most_frequent: MostFrequent


class Train:
    """Fits on training papers, tunes calibration and thresholds on validation papers, and reports on test papers."""

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
        """Stores the trained model and returns it with its reports."""
        splits = self._splits(command)
        refuse_unlabelled(splits, self._classifier.taxonomy, self._dataset.name)
        command.on_splits(splits)
        with tracked_run(self._tracker, command.run_name, command.config) as run:
            return self._train(command, splits, run)

    def _splits(self, command: TrainCommand) -> Splits:
        if command.splits is not None:
            return command.splits
        splits = read_splits(
            self._dataset,
            command.split,
            limit_samples=command.limit_samples,
            seed=command.seed,
            on_bad_record=command.on_bad_record,
            strict=command.strict,
        )
        return weighed(splits, command.shares, self._dataset.name)

    def _train(self, command: TrainCommand, splits: Splits, run: Run) -> TrainResult:
        targets = targets_of(splits.validation, self._classifier.taxonomy)
        weights = weights_of(splits.validation)
        session = FitSession(
            seed=command.seed,
            workspace=command.workspace,
            score=lambda batch: validation_score(targets, batch, weights),
            on_epoch=lambda epoch: self._report(epoch, run, command),
            on_step=command.on_step,
        )
        command.on_phase(Phase.FITTING, len(splits.train))
        self._classifier.fit(splits.train, splits.validation, session)
        command.on_phase(Phase.TUNING, len(splits.validation))
        papers = tuning_papers(splits.validation, self._classifier.taxonomy)
        found = tuned(papers, probabilities_of(self._classifier, papers.abstracts))
        calibration, thresholds = found.calibration, found.thresholds
        advice = fit_advice(splits.validation, found.unseen[: len(splits.validation)], papers.taxonomy)
        unseen = found.unseen[: len(splits.validation)]
        choices = fit_choices(splits.validation, unseen, papers.taxonomy, command.goals, self._dataset.name)
        judged = splits.of(command.judged_on)
        command.on_phase(Phase.EVALUATING, len(judged))
        calibrated = CalibratedClassifier(self._classifier, calibration)
        reports = final_reports(calibrated, thresholds, judged, command.judged_on)
        metrics = {
            **reports.metrics,
            **self._rounding(command, splits, calibration, thresholds),
            **measured_advice(advice, calibrated, judged),
        }
        card = replace(
            self._card(command, splits, calibration, thresholds, metrics),
            advice=advice,
            policies=choices.policies,
            conformal=choices.conformal,
        )
        command.on_phase(Phase.SAVING, len(splits.train))
        model = self._store.save(card, self._classifier.save)
        command.on_phase(Phase.RECORDING, len(judged))
        reports.log(run, model)
        constant = most_frequent(splits.train, judged, self._classifier.taxonomy)
        return TrainResult(model, reports.with_titles, reports.without_titles, constant)

    def _rounding(
        self, command: TrainCommand, splits: Splits, calibration: Calibration, thresholds: Thresholds
    ) -> dict[str, Mapping[str, float]]:
        unrounded = self._classifier.unrounded()
        if unrounded is None or not splits.validation:
            return {}
        command.on_phase(Phase.ROUNDING, len(splits.validation))
        loss = quantisation_cost(
            self._classifier, unrounded, splits.validation, calibration=calibration, thresholds=thresholds
        )
        return {"rounding": loss}

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
            data=described_data(self._dataset, splits),
            metrics=metrics,
            run_id=current_run_id(),
        )

    @staticmethod
    def _report(epoch: Epoch, run: Run, command: TrainCommand) -> None:
        run.log(epoch.metrics, step=epoch.number)
        metrics = "  ".join(f"{name} {value:.4f}" for name, value in epoch.metrics.items())
        log_event(
            _logger,
            "epoch_finished",
            f"epoch {epoch.number}  {metrics}",
            epoch=epoch.number,
            metrics=dict(epoch.metrics),
        )
        command.on_epoch(epoch)


def validation_score(targets: NDArray[np.uint8], batch: PredictionBatch, weights: Weights = None) -> float:
    """Returns the mean of macro average precision and of micro F1 at its best threshold. It compares epochs.

    Papers count by their `weights`.
    """
    probabilities = np.asarray(batch.probabilities)
    threshold = tune_global_threshold(targets, probabilities, weights)
    metrics = multilabel_metrics(targets, probabilities, (threshold,) * targets.shape[1], weights)
    return (metrics["micro_f1"] + metrics["average_precision_macro"]) / 2
