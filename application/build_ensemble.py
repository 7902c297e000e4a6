"""Use case: combine stored models in an ensemble, tune it on validation, evaluate it on test and store it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from application.advice.fitting import fit_advice
from application.advice.measures import measured_advice
from application.calibration.platt_scaling import CalibratedClassifier
from application.calibration.tuning import TuningPapers, tuned, tuning_papers, unseen_probabilities
from application.evaluate import EvaluationReport, probabilities_of
from application.models.ensemble import EnsembleClassifier, find_members, pooled, shared_taxonomy
from application.models.ensemble_weights import fit_weights
from application.papers.population import weighed
from application.papers.splitting import SplitPolicy, Splits, read_splits
from application.policies.choices import Choices, fit_choices
from application.runs.final_report import described_data, final_reports
from application.runs.run_context import current_run_id
from application.runs.tracking import tracked_run
from domain.abstract import Abstract
from domain.advice_fit import AdviceFit
from domain.calibration import Calibration
from domain.checkpoint import Checkpoint, go_on
from domain.ensemble import KIND, EnsembleMember
from domain.errors import InvalidInputError
from domain.model_bundle import ModelCard, StoredModel
from domain.ports.classifier import Classifier
from domain.ports.dataset import Dataset, OnBadRecord
from domain.ports.model_store import ModelStore
from domain.ports.tracker import Run, Tracker
from domain.prediction import PredictionBatch
from domain.taxonomy import Taxonomy
from domain.thresholds import Thresholds


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stored model that may become a member, with its classifier before calibration."""

    stored: StoredModel
    classifier: Classifier


@dataclass(frozen=True, slots=True)
class BuildEnsembleCommand:
    """The settings of one ensemble.

    `config` is the effective configuration, which goes into the bundle and to the tracker. `on_predicted` receives the
    number of texts that a candidate has just read. Each candidate reads every validation and test paper twice.
    `calibrated_on_these` means that the candidates were calibrated on papers that include these validation papers.
    """

    run_name: str
    seed: int
    on_bad_record: OnBadRecord
    strict: bool = False
    split: SplitPolicy = field(default_factory=SplitPolicy)
    limit_samples: int | None = None
    shares: Mapping[str, float] | None = None
    config: Mapping[str, object] = field(default_factory=dict)
    on_predicted: Callable[[int], None] = lambda count: None
    calibrated_on_these: bool = False


@dataclass(frozen=True, slots=True)
class BuildEnsembleResult:
    """The stored ensemble, each candidate's weight by name, and the reports on test papers.

    A candidate of weight 0 is not a member. `of_other_data` names candidates that were trained on another source. They
    may have learnt from these validation papers, and then their weights are too high.
    """

    model: StoredModel
    weights: Mapping[str, float]
    with_titles: EvaluationReport
    without_titles: EvaluationReport
    of_other_data: tuple[str, ...]


class BuildEnsemble:
    """Builds an ensemble. Weights, calibration and thresholds see only validation papers, reports only test papers."""

    def __init__(
        self,
        dataset: Dataset,
        candidates: Sequence[Candidate],
        tracker: Tracker,
        store: ModelStore,
        *,
        write_members: Callable[[Path, Sequence[EnsembleMember]], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._dataset = dataset
        self._candidates = candidates
        self._tracker = tracker
        self._store = store
        self._write_members = write_members
        self._now = now

    def __call__(self, command: BuildEnsembleCommand) -> BuildEnsembleResult:
        """Stores the ensemble and returns it with its reports.

        Raises before anything is predicted if there are fewer than two candidates, if two are the same, if one is not
        found by its name, or if they know different categories.
        """
        taxonomy = self._checked()
        splits = read_splits(
            self._dataset,
            command.split,
            limit_samples=command.limit_samples,
            seed=command.seed,
            on_bad_record=command.on_bad_record,
            strict=command.strict,
        )
        splits = weighed(splits, command.shares, self._dataset.name)
        with tracked_run(self._tracker, command.run_name, command.config) as run:
            return self._build(command, splits, run, taxonomy)

    def _checked(self) -> Taxonomy:
        names = [candidate.stored.name for candidate in self._candidates]
        if len(set(names)) < max(2, len(names)):
            raise InvalidInputError(f"An ensemble needs two or more different models, not {', '.join(names)}.")
        taxonomy = shared_taxonomy([candidate.stored.card.taxonomy for candidate in self._candidates])
        find_members(self._store, KIND, [_member(candidate, 1.0) for candidate in self._candidates])
        return taxonomy

    def _build(
        self, command: BuildEnsembleCommand, splits: Splits, run: Run, taxonomy: Taxonomy
    ) -> BuildEnsembleResult:
        papers = tuning_papers(splits.validation, taxonomy)
        watched = [_Watched(candidate.classifier, command.on_predicted) for candidate in self._candidates]
        pairs = list(zip(self._candidates, watched, strict=True))
        seen = command.calibrated_on_these
        tables = [self._validation_table(candidate, classifier, papers, seen=seen) for candidate, classifier in pairs]
        weights = fit_weights(papers.targets, tables, papers.weights)
        found = tuned(papers, pooled(tables, weights))
        calibration, thresholds = found.calibration, found.thresholds
        unseen = found.unseen[: len(splits.validation)]
        advice = fit_advice(splits.validation, unseen, taxonomy)
        choices = fit_choices(splits.validation, unseen, taxonomy, {}, self._dataset.name)
        members = [
            (CalibratedClassifier(classifier, candidate.stored.card.calibration), weight)
            for (candidate, classifier), weight in zip(pairs, weights, strict=True)
            if weight > 0
        ]
        served = CalibratedClassifier(EnsembleClassifier(members), calibration)
        reports = final_reports(served, thresholds, splits.test)
        metrics = {**reports.metrics, **measured_advice(advice, served, splits.test)}
        model = self._saved(command, splits, weights, calibration, thresholds, metrics, advice, choices)
        reports.log(run, model)
        by_name = self._by_name(weights)
        run.log({f"weight/{name}": weight for name, weight in by_name.items()})
        strangers = tuple(each.stored.name for each in self._candidates if not self._learnt_here(each))
        return BuildEnsembleResult(model, by_name, reports.with_titles, reports.without_titles, strangers)

    def _saved(
        self,
        command: BuildEnsembleCommand,
        splits: Splits,
        weights: Sequence[float],
        calibration: Calibration,
        thresholds: Thresholds,
        metrics: Mapping[str, Mapping[str, float]],
        advice: AdviceFit | None,
        choices: Choices,
    ) -> StoredModel:
        members = [_member(one, weight) for one, weight in zip(self._candidates, weights, strict=True) if weight > 0]
        card = ModelCard(
            kind=KIND,
            taxonomy=self._candidates[0].stored.card.taxonomy,
            thresholds=thresholds,
            calibration=calibration,
            seed=command.seed,
            created=self._now().isoformat(timespec="seconds"),
            config={**command.config, "weights": self._by_name(weights)},
            data=described_data(self._dataset, splits),
            metrics=metrics,
            advice=advice,
            conformal=choices.conformal,
            run_id=current_run_id(),
        )
        return self._store.save(card, lambda folder: self._write_members(folder, members))

    def _by_name(self, weights: Sequence[float]) -> dict[str, float]:
        return {one.stored.name: weight for one, weight in zip(self._candidates, weights, strict=True)}

    def _validation_table(
        self, candidate: Candidate, classifier: Classifier, papers: TuningPapers, *, seen: bool
    ) -> NDArray[np.float32]:
        """Returns probabilities calibrated by a calibration that has not seen the papers.

        If the candidate was trained on this source, its stored calibration was fitted on these papers. On the
        baseline's validation papers it has a log loss of 0.0398, where calibrations that left the paper out have 0.0406
        and no calibration 0.0412. Weights, calibration and thresholds would rely on it too much.
        """
        calibration = candidate.stored.card.calibration
        if seen or self._learnt_here(candidate):
            return unseen_probabilities(papers, probabilities_of(classifier, papers.abstracts), calibration)
        return probabilities_of(CalibratedClassifier(classifier, calibration), papers.abstracts)

    def _learnt_here(self, candidate: Candidate) -> bool:
        data = candidate.stored.card.data
        # A recalibrated model has seen other validation papers than its training.
        return data.get("calibration_fingerprint", data.get("fingerprint")) == self._dataset.fingerprint()


class _Watched(Classifier):
    """A classifier that reports how many abstracts it has just read."""

    def __init__(self, classifier: Classifier, on_predicted: Callable[[int], None]) -> None:
        self._classifier = classifier
        self._on_predicted = on_predicted

    @property
    @override
    def taxonomy(self) -> Taxonomy:
        return self._classifier.taxonomy

    @override
    def predict(self, abstracts: Sequence[Abstract], *, checkpoint: Checkpoint = go_on) -> PredictionBatch:
        batch = self._classifier.predict(abstracts, checkpoint=checkpoint)
        self._on_predicted(len(batch))
        return batch


def _member(candidate: Candidate, weight: float) -> EnsembleMember:
    return EnsembleMember(candidate.stored.name, candidate.stored.digest, weight)
