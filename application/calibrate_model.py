"""Use case: refit a stored model's calibration and thresholds on papers of another population."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from application.advice.fitting import fit_advice
from application.advice.measures import measured_advice
from application.calibration.platt_scaling import CalibratedClassifier
from application.calibration.tuning import tuned, tuning_papers
from application.evaluate import Evaluate, EvaluationReport, probabilities_of
from application.models.remembering import RememberingClassifier
from application.policies.choices import fit_choices
from application.runs.final_report import described_papers
from application.runs.run_context import current_run_id
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.model_bundle import ModelCard, StoredModel
from domain.ports.classifier import Classifier
from domain.ports.dataset import Dataset, OnBadRecord, Split
from domain.ports.model_store import ModelStore

# With fewer papers the new calibration is worse than the old: docs/baseline.md, "How far few papers calibrate".
LEAST_PAPERS = 200


@dataclass(frozen=True, slots=True)
class CalibrateCommand:
    """The settings of one calibration. `config` goes into the new bundle's configuration, under `calibration`."""

    on_bad_record: OnBadRecord
    seed: int = 0
    config: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CalibrateResult:
    """The new model with its reports, and the old model's report on the same papers.

    No reported paper was used for the calibration.
    """

    model: StoredModel
    with_titles: EvaluationReport
    without_titles: EvaluationReport
    before: EvaluationReport


class CalibrateModel:
    """Stores a copy of a model with new calibration and thresholds, and the same weights.

    The goals of its policies hold for the new thresholds of these. A goal that cannot be kept is left out.

    A source with its own splits calibrates on validation and reports on test. Any other source is divided into random
    halves by the seed.
    Raises InvalidInputError if there are fewer than 200 papers to calibrate on or to report on.
    """

    def __init__(
        self,
        dataset: Dataset,
        store: ModelStore,
        copy_weights: Callable[[StoredModel, Path], None],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._dataset = dataset
        self._store = store
        self._copy_weights = copy_weights
        self._now = now

    def __call__(self, stored: StoredModel, raw: Classifier, command: CalibrateCommand) -> CalibrateResult:
        """Returns the calibrated copy. `raw` is the stored model's classifier before calibration."""
        fitting, judged = self._papers(command)
        raw = RememberingClassifier(raw)
        papers = tuning_papers(fitting, raw.taxonomy)
        found = tuned(papers, probabilities_of(raw, papers.abstracts))
        calibration, thresholds = found.calibration, found.thresholds
        advice = fit_advice(fitting, found.unseen[: len(fitting)], raw.taxonomy)
        goals = {name: policy.goal for name, policy in stored.card.policies.items()}
        choices = fit_choices(fitting, found.unseen[: len(fitting)], raw.taxonomy, goals, self._dataset.name)
        calibrated = CalibratedClassifier(raw, calibration)
        judge = Evaluate(calibrated, thresholds)
        reports = judge(judged, with_titles=True), judge(judged, with_titles=False)
        old = stored.card
        before = Evaluate(CalibratedClassifier(raw, old.calibration), old.thresholds)(judged, with_titles=True)
        metrics = {
            "test": reports[0].metrics,
            "test_without_titles": reports[1].metrics,
            **measured_advice(advice, calibrated, judged),
        }
        card = replace(
            old,
            calibration=calibration,
            thresholds=thresholds,
            created=self._now().isoformat(timespec="seconds"),
            config={**old.config, "calibration": {"of": stored.name, "seed": command.seed, **command.config}},
            data={**old.data, **self._described(fitting, judged)},
            metrics=metrics,
            advice=advice,
            policies=choices.policies,
            conformal=choices.conformal,
            run_id=current_run_id(),
        )
        return CalibrateResult(self._saved(stored, card), *reports, before)

    def _saved(self, stored: StoredModel, card: ModelCard) -> StoredModel:
        return self._store.save(card, lambda folder: self._copy_weights(stored, folder))

    def _papers(self, command: CalibrateCommand) -> tuple[list[LabelledAbstract], list[LabelledAbstract]]:
        """Returns the papers to fit on and the papers to report on."""
        if Split.VALIDATION in self._dataset.own_splits and Split.TEST in self._dataset.own_splits:
            found = [
                list(self._dataset.papers(split, command.on_bad_record)) for split in (Split.VALIDATION, Split.TEST)
            ]
        else:
            pile = list(self._dataset.papers(None, command.on_bad_record))
            order = np.random.default_rng(command.seed).permutation(len(pile))
            found = [[pile[row] for row in half] for half in np.array_split(order, 2)]
        fitting, judged = found
        if min(len(fitting), len(judged)) < LEAST_PAPERS:
            raise InvalidInputError(
                f"{self._dataset.name} gives {len(fitting):,} papers to calibrate on and {len(judged):,} to report on. "
                f"Give at least {LEAST_PAPERS} of each. With fewer the calibration gets worse."
            )
        return fitting, judged

    def _described(self, fitting: Sequence[LabelledAbstract], judged: Sequence[LabelledAbstract]) -> dict[str, object]:
        return {
            "calibration_source": self._dataset.name,
            "calibration_fingerprint": self._dataset.fingerprint(),
            "validation": described_papers(fitting),
            "test": described_papers(judged),
        }
