"""Use case: add policies and conformal scores to a stored model, whose probabilities stay as they are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application.calibration.platt_scaling import CalibratedClassifier
from application.calibration.tuning import tuning_papers, unseen_probabilities
from application.conformal.scores import conformal_scores
from application.evaluate import probabilities_of
from application.papers.evaluation_papers import papers_of_split
from application.papers.label_checks import refuse_other_labels
from application.papers.population import reweighted
from application.papers.sample_weights import weights_of
from application.papers.splitting import SplitPolicy
from application.papers.targets import targets_of
from application.policies.fitting import FitPolicies
from application.runs.final_report import described_papers
from domain.errors import InvalidInputError
from domain.labelled_abstract import LabelledAbstract
from domain.model_bundle import StoredModel
from domain.policy import Goal
from domain.ports.classifier import Classifier
from domain.ports.dataset import Dataset, OnBadRecord, Split
from domain.ports.model_store import ModelStore


@dataclass(frozen=True, slots=True)
class TuneCommand:
    """The settings of one tuning.

    `goals` are those of the policies, by name. `keep` says whether the model's other policies stay. `shares` of primary
    categories weigh the papers. `calibrated_on_these` means that the model was calibrated on papers that include these.
    Without it, this is known of the source that the model was trained or calibrated on.
    """

    goals: Mapping[str, Goal]
    on_bad_record: OnBadRecord
    split: SplitPolicy = field(default_factory=SplitPolicy)
    shares: Mapping[str, float] | None = None
    keep: bool = True
    calibrated_on_these: bool = False
    seed: int = 0


class TunePolicies:
    """Stores a copy of a model with policies and conformal scores.

    They are fitted to validation papers alone: those of a source with splits, those by the command's split policy of
    the source that the model was trained on, and all papers of any other source. Papers that the model was calibrated
    on get probabilities by calibrations of the same form that leave them out.
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

    def __call__(self, stored: StoredModel, raw: Classifier, command: TuneCommand) -> StoredModel:
        """Returns the copy. `raw` is the stored model's classifier before calibration.

        Raises InvalidInputError for papers without labels of the model, for too few papers, and for a goal that cannot
        be kept, with the best that can.
        """
        papers = self._papers(stored, command)
        probabilities = self._probabilities(stored, raw, papers, calibrated_here=self._calibrated_here(stored, command))
        targets, weights = targets_of(papers, raw.taxonomy), weights_of(papers)
        fit = FitPolicies(targets, probabilities, raw.taxonomy, weights, source=self._dataset.name, seed=command.seed)
        policies = fit(command.goals)
        card = replace(
            stored.card,
            policies={**(stored.card.policies if command.keep else {}), **policies},
            conformal=conformal_scores(targets, probabilities, raw.taxonomy, weights),
            created=self._now().isoformat(timespec="seconds"),
            data={**stored.card.data, "policies": self._described(papers)},
        )
        return self._store.save(card, lambda folder: self._copy_weights(stored, folder))

    def _papers(self, stored: StoredModel, command: TuneCommand) -> list[LabelledAbstract]:
        split = Split.VALIDATION if self._is_split(stored) else None
        papers = list(papers_of_split(self._dataset, split, command.split, command.on_bad_record))
        if not papers:
            raise InvalidInputError(f"{self._dataset.name} holds no {'validation ' if split else ''}papers.")
        refuse_other_labels(papers, stored.card.taxonomy, stored.name, self._dataset.name)
        return papers if command.shares is None else list(reweighted(papers, command.shares, "tuning"))

    def _is_split(self, stored: StoredModel) -> bool:
        learnt = stored.card.data.get("fingerprint") == self._dataset.fingerprint()
        return Split.VALIDATION in self._dataset.own_splits or learnt

    def _calibrated_here(self, stored: StoredModel, command: TuneCommand) -> bool:
        data = stored.card.data
        # A recalibrated model has seen other validation papers than its training.
        fitted_on = data.get("calibration_fingerprint", data.get("fingerprint"))
        return command.calibrated_on_these or fitted_on == self._dataset.fingerprint()

    @staticmethod
    def _probabilities(
        stored: StoredModel, raw: Classifier, papers: list[LabelledAbstract], *, calibrated_here: bool
    ) -> NDArray[np.float32]:
        """Returns the calibrated probabilities of the papers by a calibration that has not seen them."""
        calibration = stored.card.calibration
        if not calibrated_here:
            served = CalibratedClassifier(raw, calibration)
            return probabilities_of(served, [paper.abstract for paper in papers])
        rows = tuning_papers(papers, raw.taxonomy)
        return unseen_probabilities(rows, probabilities_of(raw, rows.abstracts), calibration)[: len(papers)]

    def _described(self, papers: list[LabelledAbstract]) -> dict[str, object]:
        return {
            "source": self._dataset.name,
            "fingerprint": self._dataset.fingerprint(),
            **described_papers(papers),
        }
