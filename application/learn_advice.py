"""Use case: fit what advice needs to a stored model, whose weights, calibration and thresholds stay as they are."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from application.advice.fitting import LEAST_PAPERS, fit_advice
from application.advice.measures import measured_advice
from application.calibration.platt_scaling import CalibratedClassifier
from application.calibration.tuning import tuning_papers, unseen_probabilities
from application.evaluate import probabilities_of
from domain.errors import InvalidInputError
from domain.model_bundle import StoredModel
from domain.ports.classifier import Classifier
from domain.ports.dataset import Dataset, OnBadRecord, Split
from domain.ports.model_store import ModelStore


class LearnAdvice:
    """Stores a copy of a model with the head for primary categories and the thresholds for advice.

    They are fitted on the validation papers of a source and measured on its test papers.
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

    def __call__(self, stored: StoredModel, raw: Classifier, on_bad_record: OnBadRecord) -> StoredModel:
        """Returns the copy; `raw` is the stored model's classifier before calibration.

        A source without validation and test papers of its own, labels that are not arXiv's, and fewer than 200
        validation papers with a primary category of the model are an InvalidInputError.
        """
        if not {Split.VALIDATION, Split.TEST} <= set(self._dataset.own_splits):
            raise InvalidInputError(
                f"{self._dataset.name} has no validation and test papers of its own. Divide it with `data prepare`."
            )
        validation, test = (
            list(self._dataset.papers(split, on_bad_record)) for split in (Split.VALIDATION, Split.TEST)
        )
        old = stored.card
        papers = tuning_papers(validation, raw.taxonomy)
        unseen = unseen_probabilities(papers, probabilities_of(raw, papers.abstracts), old.calibration)
        advice = fit_advice(validation, unseen[: len(validation)], raw.taxonomy)
        if advice is None:
            raise InvalidInputError(
                f"Advice needs a model of arXiv's categories and {LEAST_PAPERS} validation papers whose primary "
                f"category it knows. {self._dataset.name} has {len(validation):,} validation papers. Give more."
            )
        measured = measured_advice(advice, CalibratedClassifier(raw, old.calibration), test)
        card = replace(
            old,
            advice=advice,
            created=self._now().isoformat(timespec="seconds"),
            metrics={**old.metrics, **measured},
            data={**old.data, "advice_source": self._dataset.name, "advice_fingerprint": self._dataset.fingerprint()},
        )
        return self._store.save(card, lambda folder: self._copy_weights(stored, folder))
