"""Predicts abstracts: which categories are given, why, and what may be the matter with the text."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from application.predictions.batching import cut
from application.predictions.selection import Selection
from application.predictions.text_warnings import text_warnings, with_abstentions
from domain.abstract import Abstract
from domain.abstract_batch import AbstractBatch, kept_of
from domain.checkpoint import Checkpoint, go_on
from domain.chosen_categories import ChosenCategories
from domain.explanation import Explanation
from domain.label import Label
from domain.output_form import Beside
from domain.ports.classifier import Classifier
from domain.ports.classifier_pool import ClassifierPool
from domain.ports.explainer import Explainer
from domain.prediction import PredictionBatch
from domain.prediction_warning import PredictionWarning

Explanations = Sequence[Sequence[Explanation]]


@dataclass(frozen=True, slots=True)
class PredictedBatch:
    """Some abstracts with their predictions, row i of which is abstract i.

    `explanations` has one for each chosen category of each abstract, in their order. It is None if the selection asks
    for none. `warnings` has only the rows with warnings. `primaries`, if the selection asks for them, has the column of
    each abstract's primary category.
    """

    abstracts: Sequence[Abstract]
    predictions: PredictionBatch
    chosen: ChosenCategories
    explanations: Explanations | None = None
    warnings: Mapping[int, Sequence[PredictionWarning]] = field(default_factory=dict)
    primaries: memoryview | None = None

    @property
    def beside(self) -> Beside:
        """What a writer puts beside the predictions."""
        return Beside(kept_of(self.abstracts), self.primaries)


class Predict:
    """Predicts abstracts with one model, streams of them `batch_size` at a time.

    `explainer` is called when explanations are first asked for. With a pool, the classifier predicts the first `alone`
    abstracts of a stream itself and the pool the rest, so that few abstracts start no processes.
    """

    def __init__(
        self,
        classifier: Classifier,
        explainer: Callable[[], Explainer],
        *,
        batch_size: int = 512,
        pool: ClassifierPool | None = None,
        alone: int = 20_000,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}")
        self._batch_size = batch_size
        self._classifier = classifier
        self._new_explainer = explainer
        self._explainer: Explainer | None = None
        self._pool = pool
        self._alone = alone

    def __call__(
        self, abstracts: Sequence[Abstract], selection: Selection, *, checkpoint: Checkpoint = go_on
    ) -> PredictedBatch:
        """Predicts abstracts at once. `checkpoint` is called as in `Classifier.predict` and `Explainer.explain`."""
        predictions = self._classifier.predict(abstracts, checkpoint=checkpoint)
        return self._described(abstracts, predictions, selection, checkpoint)

    def stream(self, abstracts: Iterable[Abstract | AbstractBatch], selection: Selection) -> Iterator[PredictedBatch]:
        """Predicts any number of abstracts in the order given, in constant memory.

        They may come one by one or in batches of any size. Without a pool each batch is read when it is asked for,
        and no more than one is held.
        """
        for batch, predictions in self._predicted(cut(abstracts, self._batch_size)):
            yield self._described(batch, predictions, selection, go_on)

    def explain(
        self,
        abstracts: Sequence[Abstract],
        categories: Iterable[Sequence[Label]],
        terms: int,
        *,
        checkpoint: Checkpoint = go_on,
    ) -> Explanations:
        """Explains categories of each abstract by their `terms` largest contributions."""
        if self._explainer is None:
            self._explainer = self._new_explainer()
        explain = self._explainer.explain
        return [
            [reason.top(terms) for reason in explain(abstract, wanted, checkpoint=checkpoint)]
            for abstract, wanted in zip(abstracts, categories, strict=True)
        ]

    def _predicted(self, batches: Iterator[Sequence[Abstract]]) -> Iterator[tuple[Sequence[Abstract], PredictionBatch]]:
        done = 0
        while (self._pool is None or done < self._alone) and (batch := next(batches, None)) is not None:
            done += len(batch)
            yield batch, self._classifier.predict(batch)
        if self._pool is not None and (first := next(batches, None)) is not None:
            yield from self._pool.predict_all(chain([first], batches))

    def _described(
        self, abstracts: Sequence[Abstract], predictions: PredictionBatch, selection: Selection, checkpoint: Checkpoint
    ) -> PredictedBatch:
        """Returns predictions with the chosen categories, their explanations and warnings."""
        chosen, terms = selection.chosen(predictions), selection.terms
        categories = chosen.by_abstract()
        explanations = self.explain(abstracts, categories, terms, checkpoint=checkpoint) if terms else None
        warnings = text_warnings(abstracts, predictions)
        if selection.sets is not None:
            warnings = with_abstentions(warnings, chosen)
        primaries = selection.primaries.of(predictions) if selection.primaries else None
        return PredictedBatch(abstracts, predictions, chosen, explanations, warnings, primaries)
